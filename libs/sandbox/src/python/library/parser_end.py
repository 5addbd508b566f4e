

# The end of `re._parser` in the sandbox: no text of 32 bits is longer than the largest repetition that its engine counts to.
def _repetitions(digits):
    if int(digits) >= 2**32 - 1:
        raise OverflowError("the repetition number is too large")
    return int(digits) if int(digits) < MAXREPEAT else MAXREPEAT - 1
