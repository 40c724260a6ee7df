// differ.mjs [count] [seed]: random well-typed expressions through `diwan feel` and
// feelin; see differ.sh. A difference is explained by a rule below, or fails.
import { spawnSync } from 'node:child_process'
import { evaluate } from 'feelin'

const count = Number(process.argv[2] ?? 4000)
let seed = BigInt(process.argv[3] ?? 20260101)
const random = n => {
  seed ^= seed << 13n & 0xffffffffffffffffn
  seed ^= seed >> 7n
  seed ^= seed << 17n & 0xffffffffffffffffn
  return Number(seed % BigInt(n) + BigInt(n)) % n
}
const pick = list => list[random(list.length)]

// What feelin has not is not generated: -D, D * 2 and M * 2 are null there (the standard's
// table 54 gives durations), x between 5 and 1 exchanges its ends there, years and months duration(d, d) keeps days, and a date plus
// hours becomes a date and time (a date in the standard and its test kit).
// n number, s string, b boolean, d date, D days duration, M months duration, l numbers
const forms = {
  n: ['n + n', 'n - n', 'n * n', 'n / 4', 'abs(n)', 'floor(n)', 'ceiling(n)', 'sum(l)', 'count(l)',
    'min(l)', 'max(l)', 'mean(l)', 'if b then n else n', 'string length(s)', 'modulo(n, 7)',
    'd.year', 'd.month', 'd.day', '{a: n, b: a + 1}.b', 'median(l)', '(function(x) x * 2)(n)',
    'product(l)', 'decimal(n, 1)', '-n', 'l[1]', 'l[-1]', 'round up(n, 1)', 'round down(n, 1)'],
  s: ['s + s', 'upper case(s)', 'lower case(s)', 'substring(s, 2)', 'if b then s else s',
    'substring before(s, "b")', 'substring after(s, "b")', 'string join([s, s], "-")',
    'replace(s, "[ab]", "x")', 'substring(s, -2, 1)', 'day of week(d)', 'month of year(d)'],
  b: ['n < n', 'n = n', 'n >= n', 's = s', 's < s', 'd < d', 'd = d', 'b and b', 'b or b', 'not(b)',
    'n between -5 and 5', 'n in (< n, > 3)', 'contains(s, "a")', 'starts with(s, "a")',
    'ends with(s, "c")', 'list contains(l, n)', 'some x in l satisfies x > 2',
    'every x in l satisfies x > 2', 'matches(s, "^[a-c]+$")', 'all([b, b])', 'any([b, b])',
    'before(n, n)', 'after(d, d)', 'includes([1..9], n)', 'D < D', 'M = M', 'even(count(l))'],
  d: ['d + D', 'd - M', 'd + M', 'if b then d else d', 'd - D'],
  D: ['D + D', 'd - d', 'if b then D else D', 'D - D'],
  M: ['M + M', 'M - M'],
  l: ['[n, n]', 'for x in l return x + 1', 'for x in 1..3 return x * n', 'l[item > 2]',
    'append(l, n)', 'concatenate(l, l)', 'reverse(l)', 'distinct values(l)', 'flatten([l, l])',
    'sort(l, function(x, y) x < y)', 'union(l, l)', 'index of(l, n)', 'remove(l, 1)',
    'insert before(l, 1, n)', 'sublist(l, 1)']
}
const leaves = {
  n: ['1', '2.5', '10', '0', '7', '-3', '0.1', '1000'],
  s: ['"abc"', '""', '"b"', '"a b c"', '"ABC"', '"سلام"'],
  b: ['true', 'false'],
  d: ['date("2026-01-31")', 'date("2024-02-29")', 'date("2025-12-31")'],
  D: ['duration("P1D")', 'duration("P10D")', 'duration("-P3D")'],
  M: ['duration("P1Y")', 'duration("P14M")', 'duration("-P2M")'],
  l: ['[1, 2, 3]', '[5, 1, 5]', '[]', '[2.5]', '[3, 3, 7, 1]']
}
function make (type, depth) {
  if (depth <= 0 || random(5) === 0) return pick(leaves[type])
  return pick(forms[type]).replace(/(?<![\w".])([nsbdDMl])(?![\w(:"])/g,
    (_, t) => { const inner = make(t, depth - 1); return /^[\w"[]/.test(inner) && !/ /.test(inner) ? inner : `(${inner})` })
}

// Both results as something that can be compared: numbers as they are, times as text.
const plain = v => {
  if (v === undefined || v === null) return null
  if (Array.isArray(v)) return v.map(plain)
  if (typeof v === 'function') return 'function'
  if (typeof v === 'object') {
    const text = typeof v.toISO === 'function' ? v.toISO() : String(v)
    return text === '[object Object]' ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, plain(x)])) : text
  }
  return v
}
const close = (x, y) => Math.abs(x - y) <= 1e-9 * Math.max(1, Math.abs(x), Math.abs(y))
const same = (x, y) => typeof x === 'number' && typeof y === 'number'
  ? close(x, y)
  : Array.isArray(x) && Array.isArray(y)
    ? x.length === y.length && x.every((v, i) => same(v, y[i]))
    : JSON.stringify(x) === JSON.stringify(y)

// Why the two may differ. First rule that fits counts; the standard's clause stands by it.
const says = text => (_, mine) => mine.diagnostics.some(d => d.includes(text))
const rules = [
  {
    why: 'a position outside a text or list is an error (10.3.4.3, 10.3.4.4): null here, an empty text or list in feelin',
    when: says('a position outside')
  },
  {
    why: 'an index outside a list is null with a reason (table 53), and comparisons with null are null; feelin orders null before the others',
    when: says('an index outside')
  },
  {
    why: 'feelin sorts the numbers of a median as text: 14 before 7',
    when: text => text.includes('median(')
  },
  {
    why: 'a condition that is null makes some and every null unless another decides (table 48); feelin takes it for false',
    when: (text, mine) => /some x|every x/.test(text) && says('a condition that is neither')(text, mine)
  },
  {
    why: 'the mean, median, least of nothing is null, and so is what is computed of it; feelin may give a number',
    when: says('of an empty list')
  },
  {
    why: 'feelin computes with binary floating point: 7 * 0.1 is a little more than 0.7 there, and rounds up to 0.8',
    when: text => /(round (up|down)|floor|ceiling|decimal)\(/.test(text) && /0\.1|2\.5|\//.test(text)
  }
]

const lines = Array.from({ length: count }, () => make(pick(Object.keys(forms)), 3))
const ours = spawnSync(process.env.DIWAN ?? 'build/diwan', ['feel', '--json'],
  { input: lines.join('\n') + '\n', encoding: 'utf8', maxBuffer: 1 << 28 }).stdout.trim().split('\n')
const tally = new Map(), open = []
let agree = 0
lines.forEach((text, i) => {
  const mine = JSON.parse(ours[i] ?? '{"value": "nothing was printed"}')
  let theirs
  try { theirs = plain(evaluate(text, {}).value) } catch (e) { theirs = `error: ${e.message}` }
  if (same(mine.value, theirs)) { agree++; return }
  const rule = rules.find(r => r.when(text, mine, theirs))
  if (rule) tally.set(rule.why, (tally.get(rule.why) ?? 0) + 1)
  else open.push(`${text}\n#   here ${JSON.stringify(mine.value)} ${mine.diagnostics.join('; ')}, feelin ${JSON.stringify(theirs)}`)
})
console.log('1..1')
console.log(`${open.length || ours.length !== count ? 'not ok' : 'ok'} 1 - ${count} random expressions: ${agree} agree, ${count - agree - open.length} differ with an explanation`)
for (const [why, n] of tally) console.log(`# ${n}: ${why}`)
for (const text of open.slice(0, Number(process.env.SHOW ?? 40))) console.log(`# ${text}`)
process.exit(open.length ? 1 : 0)
