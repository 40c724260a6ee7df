// Test Anything Protocol: one line a check, problems as comments below it.
let count = 0, failed = 0

export function report(name, problems) {
	count++
	if (problems.length)
		failed++
	console.log(`${problems.length ? 'not ok' : 'ok'} ${count} - ${name}`)
	for (const p of problems)
		console.log(`# ${p}`)
}

export function skip(name, why) {
	console.log(`ok ${++count} - ${name} # SKIP ${why}`)
}

// Prints the plan and sets the exit status; a run without a check is a failure.
export function finish() {
	console.log(`1..${count}`)
	process.exitCode = failed || !count ? 1 : 0
}
