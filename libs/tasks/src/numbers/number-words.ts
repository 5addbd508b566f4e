/** What a word after a number multiplies it by. */
export const scales: ReadonlyMap<string, bigint> = new Map([
  ['hundred', 100n],
  ['thousand', 1_000n],
  ['lakh', 100_000n],
  ['lakhs', 100_000n],
  ['lac', 100_000n],
  ['lacs', 100_000n],
  ['million', 1_000_000n],
  ['crore', 10_000_000n],
  ['crores', 10_000_000n],
  ['billion', 1_000_000_000n],
  ['trillion', 1_000_000_000_000n],
  ['quadrillion', 10n ** 15n],
  ['quintillion', 10n ** 18n],
]);

/** Units that may touch their number, of up to three letters; longer words are units, shorter ones variables. */
export const touchingUnits: ReadonlySet<string> = words(`
  m g l L s h d W V C F km cm mm nm kg mg lb lbs oz ml mL cl dl kl ft in yd mi hr hrs min sec ms am pm AM PM a.m p.m st nd rd th
  mph kph kmh rpm USD EUR GBP INR AUD CAD CHF JPY CNY GB MB KB TB kB kWh kW MW Hz GHz MHz kHz mol pcs pts sq cc dB bps cal pct ppm
`);

/** Scale words and dozens of other languages: what they stand for is not read, so that they are no units either. */
const foreignScales = `
  tausend millionen milliarde milliarden billionen hundert dutzend mille millier milliers milliard milliards centaine centaines
  douzaine douzaines millón millones millar millares billones cientos docena docenas milhão milhões milhares bilhão bilhões dúzia
  dúzias mila milione milioni miliardo miliardi migliaia centinaia dozzina dozzine duizend miljoen miljard honderd dozijn tusen
  tusind miljon miljoner millioner miljarder milliarder hundra hundre dussin tys tysiąc tysiące tysięcy milion miliony milionów
  miliard miliardy miliardów tuzin tisíc tisíce milionů ezer millió mii milioane sute tuhatta miljoonaa milyon milyar yüz düzine
  ribu juta miliar ratus lusin nghìn ngàn triệu tỷ tỉ trăm elfu libo тыс тысяча тысячи тысяч млн миллион миллиона миллионов млрд
  миллиард миллиарда миллиардов сотни сотен дюжина дюжины дюжин тисяча тисячі тисяч мільйон мільйони мільйонів χιλιάδες χίλια
  εκατομμύρια ألف آلاف مليون ملايين مليار مائة هزار میلیون هزاره אלף אלפים מיליון हज़ार हजार लाख करोड़ करोड सौ दर्जन হাজার লাখ কোটি শত
`;

/** Words right after a number that make it another or an unknown number. */
export const changers = alternatives(`
  ${foreignScales}
  half halves thirds fourths fifths sixths sevenths eighths ninths tenths hundredths thousandths millionths
  bn mn mln mld mlrd kk dozen dozens doz score scores gross mil mils mio mrd thou grand googol myriad tens hundreds thousands millions billions trillions quadrillions quintillions squared cubed factorial plus minus or versus vs
`);

/** Chinese, Japanese and Korean: right after a number they make another number of it, as in `2万` and `3个半`, but for `5千克`. */
export const asianChangers =
  '[万萬亿億兆京百佰十拾打成割折半多余餘만억조천백]|[千仟](?!克|米|瓦|卡|赫|字|帕|焦)|\\p{Script=Han}半|分之';

/** Parts that may be added in words: `and a half`. */
export const parts = alternatives('half third fourth fifth quarter eighth tenth');

/** Words before a number that make it another number, or say that it is not the number meant. */
export const leadingChangers = alternatives(`
  half third quarter twice thrice double triple quadruple square squared cube cubed root sqrt log ln sin cos tan exp factorial
  not never isn't wasn't than between except excluding without over under below above plus times by divided versus or nor
  minus negative
`);

/** Numbers in words, beside which digits are a second number. */
export const numberWords = alternatives(`
  zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
  twenty thirty forty fifty sixty seventy eighty ninety
`);

/** Beside a number they make a date of it. */
export const months = alternatives(`
  January February March April May June July August September October November December Jan Feb Mar Apr Jun Jul Aug Sept Sep Oct Nov Dec
`);

/** Names of functions and constants that may stand behind a number as a factor. */
export const factors = alternatives('sqrt root log ln sin cos tan exp pi theta alpha beta');

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** The inside of a regular expression's group. */
function alternatives(text: string): string {
  return [...words(text.normalize('NFKC'))].join('|');
}
