/** The page's style: light or dark as the screen is, readable on a phone, black on white on paper. */
export const htmlStyle = `
:root{--ground:#fff;--ink:#1b1f24;--soft:#5b6470;--line:#d9dde3;--raised:#f5f6f8;--link:#0b5cad;
--s0:#ffd2b0;--s1:#ffe9d6;--s2:#f2f2ef;--s3:#d9ecfa;--s4:#b5dbf7}
@media screen and (prefers-color-scheme:dark){:root{--ground:#171a20;--ink:#e4e6ea;--soft:#a3abb7;--line:#3b414b;
--raised:#20242c;--link:#7cc0ff;--s0:#6b3410;--s1:#4f3420;--s2:#33373e;--s3:#22405a;--s4:#1d4f7c}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:72rem;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{margin:0;font-size:1.7rem;overflow-wrap:anywhere}
h2{margin:2.2rem 0 .6rem;padding-top:.4rem;border-top:1px solid var(--line);font-size:1.3rem}
h3{margin:1.4rem 0 .4rem;font-size:1.05rem}
h4{margin:.4rem 0;font-size:.95rem}
header p{margin:.2rem 0 .8rem;color:var(--soft)}
nav{display:flex;flex-wrap:wrap;gap:.3rem .9rem}
a{color:var(--link)}
.wide{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .7rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
thead th{white-space:nowrap;color:var(--soft);font-weight:600}
tbody th{font-weight:500;white-space:nowrap}
.number{text-align:right}.number,.short{white-space:nowrap}
.note{margin:.3rem 0 0;color:var(--soft);font-size:.88rem}
.missing{margin:.8rem 0;padding:.5rem .8rem;border-left:4px solid var(--line);background:var(--raised);color:var(--soft)}
.missing strong{color:var(--ink)}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;font-size:.88em}
p code{overflow-wrap:anywhere}
pre{overflow-x:auto;padding:.6rem;background:var(--raised)}
figure{display:inline-block;width:min(100%,34rem);margin:.6rem .6rem .6rem 0;vertical-align:top}
figure svg{display:block;width:100%;height:auto}
figcaption{color:var(--soft);font-size:.88rem}
details{margin:.5rem 0}
summary{cursor:pointer}
.pair{margin:1rem 0;padding:.7rem .9rem;border:1px solid var(--line);border-radius:.4rem}
.question{margin:0 0 .3rem;white-space:pre-wrap;overflow-wrap:anywhere}
.sides{display:grid;gap:.3rem 1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr))}
.steps{margin:0;padding:0;list-style:none}
.steps li{display:flex;gap:.6rem;margin:.15rem 0;padding:.2rem .5rem;border-radius:.25rem}
.steps code{white-space:pre-wrap;overflow-wrap:anywhere}
.score{flex:none;font-variant-numeric:tabular-nums;font-weight:600}
.score-0{background:var(--s0)}.score-1{background:var(--s1)}.score-2{background:var(--s2)}
.score-3{background:var(--s3)}.score-4{background:var(--s4)}
@media (max-width:40rem){body{padding:.7rem;font-size:15px}th,td{padding:.25rem .45rem}}
@media print{nav{display:none}body{max-width:none;padding:0;font-size:10pt}a{color:inherit;text-decoration:none}
.wide{overflow:visible}table{font-size:7.5pt}th,td{padding:1.5pt 4pt;white-space:normal!important}
figure,.pair,tr{break-inside:avoid}h2,h3{break-after:avoid}figure{width:48%}.steps li{print-color-adjust:exact}}
`.replaceAll(/\n/g, '');
