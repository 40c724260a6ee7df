// The same processes as bench_bpmn in bpmn-engine: node bpmn.mjs [seconds].
// automatic: five steps and an exclusive gateway; people: five user tasks, with the
// state taken out as JSON, and read again, between the steps.
import { EventEmitter } from 'node:events'
import BpmnModdle from 'bpmn-moddle'
import { Engine } from 'bpmn-engine'
import * as elements from 'bpmn-elements'
import { Serializer, TypeResolver } from 'moddle-context-serializer'

const seconds = Number(process.argv[2] ?? 3)
const model = task => `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="urn:b">
<process id="p" isExecutable="true"><startEvent id="s"/><endEvent id="e"/><endEvent id="x"/><exclusiveGateway id="g" default="no"/>
${[1, 2, 3, 4, 5].map(i => `<${task} id="t${i}"/>`).join('')}
<sequenceFlow id="f0" sourceRef="s" targetRef="t1"/><sequenceFlow id="f1" sourceRef="t1" targetRef="t2"/>
<sequenceFlow id="f2" sourceRef="t2" targetRef="g"/>
<sequenceFlow id="yes" sourceRef="g" targetRef="t3"><conditionExpression xsi:type="tFormalExpression">\${environment.variables.large}</conditionExpression></sequenceFlow>
<sequenceFlow id="no" sourceRef="g" targetRef="x"/><sequenceFlow id="f3" sourceRef="t3" targetRef="t4"/>
<sequenceFlow id="f4" sourceRef="t4" targetRef="t5"/><sequenceFlow id="f5" sourceRef="t5" targetRef="e"/></process></definitions>`

async function automatic(prepared) {
  const engine = new Engine({ sourceContext: prepared, variables: { large: true } })
  const ended = engine.waitFor('end')
  await engine.execute()
  await ended
}

async function people(prepared) {
  let engine = new Engine({ sourceContext: prepared, variables: { large: true } })
  let execution = await engine.execute({ listener: new EventEmitter() })
  for (let done = 0; done < 5; done++) {
    const state = JSON.stringify(execution.getState())
    await execution.stop()
    engine = new Engine().recover(JSON.parse(state))
    const listener = new EventEmitter()
    const waits = new Promise(resolve => listener.once('wait', resolve))
    const ended = engine.waitFor('end')
    execution = await engine.resume({ listener })
    const task = await waits
    const moved = done < 4 ? new Promise(resolve => listener.once('wait', resolve)) : ended
    task.signal()
    await moved
  }
}

// The model is read once, as ours is: what is measured is running it.
async function measure(name, task, work) {
  const source = Serializer(await new BpmnModdle().fromXML(model(task)), TypeResolver(elements))
  for (let i = 0; i < 20; i++) await work(source)
  const start = performance.now(), end = start + seconds * 1000
  let n = 0, now = start
  while (now < end) {
    await work(source)
    n++
    now = performance.now()
  }
  console.log(`bpmn-engine ${name}: ${Math.round(n / (now - start) * 1000)} instances/s`)
}
await measure('automatic', 'task', automatic)
await measure('people', 'userTask', people)
