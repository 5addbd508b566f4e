/** Templates in the manner of published ones, and of each thing that they do. */
export const TEMPLATES: Readonly<Record<string, string>> = {
  // As SmolLM3: a header with the day, a mode of thinking, instructions of one's own.
  'a header with the day': `{%- set mode = '/think' if enable_thinking | default(true) else '/no_think' -%}
{%- if messages[0].role == 'system' -%}
  {%- set custom = messages[0].content.replace('/no_think', '').replace('/think', '').rstrip() -%}
{%- else -%}
  {%- set custom = '' -%}
{%- endif -%}
{{- '<|im_start|>system\\n' -}}
{{- '## Metadata\\n\\n' -}}
{{- 'Today Date: ' ~ strftime_now('%d %B %Y') ~ '\\n' -}}
{{- 'Reasoning Mode: ' ~ mode ~ '\\n\\n' -}}
{%- if custom -%}{{- '## Custom Instructions\\n\\n' + custom + '\\n\\n' -}}{%- endif -%}
{{- '<|im_end|>\\n' -}}
{%- for message in messages -%}
  {%- set content = message.content if message.content is string else '' -%}
  {%- if message.role == 'user' -%}
    {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>\\n' -}}
  {%- elif message.role == 'assistant' -%}
    {%- generation -%}
    {%- if mode == '/think' -%}
      {{- '<|im_start|>assistant\\n' + content.lstrip('\\n') + '<|im_end|>\\n' -}}
    {%- else -%}
      {{- '<|im_start|>assistant\\n' + '<think>\\n\\n</think>\\n' + content.lstrip('\\n') + '<|im_end|>\\n' -}}
    {%- endif -%}
    {%- endgeneration -%}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}`,
  // As Mistral Small 3: today, yesterday's year, roles that must alternate.
  'roles that alternate': `{%- set today = strftime_now("%Y-%m-%d") %}
{%- set default_system_message = "You are a model.\\nThe current date is " + today + ".\\n\\nAsk back." %}
{{- bos_token }}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set system_message = default_system_message %}
    {%- set loop_messages = messages %}
{%- endif %}
{{- '[SYSTEM_PROMPT]' + system_message + '[/SYSTEM_PROMPT]' }}
{%- for message in loop_messages %}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('After the optional system message, roles must alternate user and assistant!') }}
    {%- endif %}
    {%- if message['role'] == 'user' %}
        {{- '[INST]' + message['content'] + '[/INST]' }}
    {%- elif message['role'] == 'assistant' %}
        {{- message['content'] + eos_token }}
    {%- else %}
        {{- raise_exception('Only user, system and assistant roles are supported!') }}
    {%- endif %}
{%- endfor %}`,
  // As Granite: knowledge cut-off and day, tools and documents as JSON.
  'tools and documents': `{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set system_message = "Knowledge Cutoff Date: April 2024.\\nToday's Date: " + strftime_now('%B %d, %Y') + ".\\nYou help." %}
    {%- if tools and documents %}{%- set system_message = system_message + " You have tools." %}
    {%- elif tools %}{%- set system_message = system_message + " You have a tool." %}{%- endif %}
    {%- set loop_messages = messages %}
{%- endif %}
{{- '<|start_of_role|>system<|end_of_role|>' + system_message + '<|end_of_text|>\\n' }}
{%- if tools %}
    {{- '<|start_of_role|>tools<|end_of_role|>' }}
    {{- tools | tojson(indent=4) }}
    {{- '<|end_of_text|>\\n' }}
{%- endif %}
{%- if documents %}
    {%- for document in documents %}
        {{- 'Document ' + loop.index0 | string + '\\n' + document['title'] + ': ' + document['text'] }}
        {%- if not loop.last %}{{- '\\n\\n' }}{%- endif %}
    {%- endfor %}
{%- endif %}
{%- for message in loop_messages %}
    {{- '<|start_of_role|>' + message['role'] + '<|end_of_role|>' + message['content'] + '<|end_of_text|>\\n' }}
    {%- if loop.last and add_generation_prompt %}
        {{- '<|start_of_role|>assistant<|end_of_role|>' }}
    {%- endif %}
{%- endfor %}`,
  // As Llama 3: a day that may be missing, tools one by one.
  'a day where there is a clock': `{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{{- "Today Date: " + date_string + "\\n\\n" }}
{%- if tools is not none and tools is defined %}
    {%- for t in tools %}
        {{- t | tojson }}
        {{- "\\n\\n" }}
    {%- endfor %}
{%- endif %}
{{- system_message }}{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {{- raise_exception("no tools here") }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}`,
  // As Qwen 3: a namespace that a loop writes, the last question looked for from the end, thoughts cut off.
  'a namespace and thoughts': `{%- set ns = namespace(multi_step=true, last=messages | length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages | length - 1) - loop.index0 %}
    {%- if ns.multi_step and message.role == "user" and not (message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step = false %}
        {%- set ns.last = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {%- set content = message.content %}
        {%- set thoughts = '' %}
        {%- if '</think>' in content %}
            {%- set thoughts = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last or (not loop.last and thoughts) %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + thoughts.strip('\\n') + '\\n</think>\\n\\n' + content }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}`,
  'loops with breaks': `{% for message in messages %}
{% if loop.index > 3 %}{% break %}{% endif %}
{% if message.role == 'system' %}{% continue %}{% endif %}
{{ loop.index }}/{{ loop.length }} {{ loop.first }} {{ loop.last }} {{ loop.revindex }} {{ message.role }}
{% else %}
nobody
{% endfor %}{% for message in messages %}a{% if loop.index == 2 %}{% break %}{% endif %}b{% if loop.index0 == 0 %}c{% continue %}{% endif %}d{% endfor %}`,
  'loops with conditions': `{% for message in messages if message.role == 'user' %}{{ loop.index0 }}:{{ message.content }}|{% else %}none{% endfor %}
{% for key, value in messages[0] | items %}{{ key }}={{ value }};{% endfor %}
{% for key in messages[0] %}{{ key }},{% endfor %}
{% for i in range(5, 0, -2) %}{{ i }} {% endfor %}`,
  'JSON of anything': `{{ messages | tojson }}
{{ messages[0] | tojson(indent=2) }}
{{ {'b': 1, 'a': [true, none, 1.5, 'é<>&\\'"']} | tojson }}
{% if tools %}{{ tools | tojson(indent=1) }}{{ (tools[0].function.parameters.properties) | tojson }}{% endif %}`,
  'white space': `  {% if true %}
    a
  {%- if true %}   b   {% if true %} c {% endif -%}   d
  {% endif %}
  {% endif %}
	{# a comment #}
e{{ ' f ' }}
`,
  macros: `{% macro turn(role, text='empty') %}<{{ role }}>{{ text | trim }}</{{ role }}>{% endmacro %}
{{ turn('x') }}{% for message in messages %}{{ turn(message.role, text=message.content) }}
{% endfor %}
{% set whole %}{% for message in messages %}{{ message.role[0] | upper }}{% endfor %}{% endset %}{{ whole }}`,
  'filters and tests': `{{ messages | map(attribute='role') | join(', ') }}
{{ messages | selectattr('role', 'equalto', 'user') | list | length }} {{ messages | rejectattr('role', 'equalto', 'user') | list | length }}
{{ ' abc ' | trim | upper | replace('B', 'x') | length }} {{ 'a,b,c'.split(',') | last }} {{ [3, 1, 2] | sort | first }}
{{ missing | default('none there') }} {{ missing is defined }} {{ none is none }} {{ 'a' is string }} {{ messages is iterable }} {{ messages[0] is mapping }} {{ 3 is odd }}
{{ 7 // 2 }} {{ 7 % 4 }} {{ 7 / 2 }} {{ 2 ** 5 }} {{ 'a' ~ 1 ~ true }} {{ 1 < 2 and not 2 < 1 }} {{ 'ab' in 'cabd' }} {{ 'x' if false else 'y' }}
{{ 'hello world' | title }} {{ 'hELLO' | capitalize }} {{ '3' | int + 1 }} {{ 2.0 }} {{ [1, 'a', none, true] }} {{ {'a': 1} }}
{{ 'line one\\nline two' | indent(2) }} {{ 'abc'[::-1] }} {{ 'abc'[1:] }} {{ messages[-1].role }} {{ [1, 2] + [3] }} {{ limit | default(0) }}`,
  'values as text': `{{ none }} {{ true }} {{ [1, 'it\\'s', none, false, 1.5, [], {}] }} {{ {'a': [true], 'b': 'x\\n\\\\'} }} {{ (1, 2) }} {{ [true, none] | join('-') }} {{ true | string }} {{ 'a' ~ none ~ [1] ~ 2.5 }}
{{ 1 == '1' }} {{ '' == 0 }} {{ [1] == [1] }} {{ {'a': 1} == {'a': 1} }} {{ true == 1 }} {{ none == missing }} {{ 1 != 1.0 }} {{ 'a' != 'a' }} {{ [1, 2] == [2, 1] }}`,
  'ends that are taken off': `{{ 'xxaxx'.strip('x') }}|{{ 'xxa x'.lstrip('x') }}|{{ 'a xx'.rstrip('x') }}|{{ ' a '.strip() }}|{{ ' a '.strip(none) }}|{{ '\\x1f\\x85a'.strip() }}|
{% for message in messages %}[{{ message.content.strip('\\n') }}|{{ ('\\n  ' ~ message.content ~ '  \\n').lstrip('\\n').rstrip('\\n') }}|{{ message.content | trim }}|{{ message.content | length }}]{% endfor %}`,
  'what is always there': `{{ tools is defined }} {{ documents is defined }} {% if tools is not none %}{{ tools | length }}{% endif %} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7 % 3 }} {{ -6 % 3 }}`,
  'a part of what is not there': `{{ nobody.role }}`,
  'a part of a turn that is not there': `{{ messages[99].role }}`,
  'a number beside a text': `{{ 'a' + 1 }}`,
  'days of all kinds': `{{ strftime_now('%A %d %b %Y, %j, %U %W, %y, %H:%M:%S %p %I, %F %D %T, %-d/%-m, %e') }}`,
};
