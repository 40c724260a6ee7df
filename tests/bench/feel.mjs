// Measures feelin (npm) on the expressions of bench_feel: node feel.mjs FILE [seconds].
// FILE is JSON, an array of {name, text, context}. feelin gives out only `evaluate`,
// which reads the text each time; its compiled closure is measured too, through a copy
// of its module that gives it out. One line an expression: name, evaluations a second
// compiled, evaluations a second with reading.
import { readFileSync, writeFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const file = process.argv[2], seconds = Number(process.argv[3] ?? 1)
const require = createRequire(join(process.env.FEELIN ?? process.cwd(), 'x.js'))
const source = require.resolve('feelin')
const copy = join(dirname(source), `compiled-${process.pid}.mjs`)
writeFileSync(copy, readFileSync(source, 'utf8') + `
export function compiled(expression, context) {
  const values = coerceContext(context)
  const { root } = interpreter.evaluate(expression, values, undefined, new InterpreterContext())
  return () => root(values)
}`)
const feelin = await import(copy)
rmSync(copy)

// Seconds of the processor: others may share the machine.
function now () {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
function rate (work) {
  let n = 0
  for (let i = 0; i < 2000; i++) work()
  const start = now()
  for (; now() - start < seconds; n += 2000) for (let i = 0; i < 2000; i++) work()
  return Math.round(n / (now() - start))
}
for (const { name, text, context } of JSON.parse(readFileSync(file, 'utf8'))) {
  const run = feelin.compiled(text, context)
  console.log(`${name}\t${rate(run)}\t${rate(() => feelin.evaluate(text, context))}`)
}
