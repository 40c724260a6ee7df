// The drawing editors of the optional pack, on the page of a change: opens the text of
// the change, and puts what was drawn into the page's own form, which saves and checks.
const form = document.querySelector('form[data-dw-editor]')
const canvas = document.querySelector('.dw-canvas')
const trouble = document.querySelector('.dw-editor-trouble')
const text = form.elements.text
const kind = form.dataset.dwEditor
const Modeler = kind === 'dmn' ? window.DmnJS : window.BpmnJS

function tell(error) {
	trouble.hidden = false
	trouble.querySelector('bdi').textContent = error.message
	canvas.hidden = true
}

// A decision model has several views: its graph and each table. One button each.
function views(modeler) {
	const list = document.querySelector('.dw-editor-views')
	const show = () => {
		list.replaceChildren(...modeler.getViews().map(view => {
			const item = document.createElement('li'), button = document.createElement('button')
			button.type = 'button'
			button.className = 'govuk-button govuk-button--secondary govuk-!-margin-bottom-2'
			button.textContent = view.name || view.element.name || view.id
			if (view === modeler.getActiveView())
				button.setAttribute('aria-current', 'true')
			button.addEventListener('click', () => modeler.open(view).then(show, tell))
			item.append(button)
			return item
		}))
	}
	modeler.on('views.changed', show)
	show()
}

async function begin() {
	if (!Modeler)
		throw new Error('the editor is not there')
	const modeler = new Modeler({ container: canvas })
	await modeler.importXML(text.value)
	if (kind === 'dmn') {
		const table = modeler.getViews().find(view => view.type === 'decisionTable')
		if (table)
			await modeler.open(table)
		views(modeler)
	} else {
		modeler.get('canvas').zoom('fit-viewport', 'auto')
	}
	// The graph of a drawing without lines between its boxes is never written back: the
	// text changes only when the person saves.
	form.addEventListener('submit', async event => {
		event.preventDefault()
		try {
			const { xml } = await modeler.saveXML({ format: true })
			const files = new DataTransfer()
			files.items.add(new File([xml], `model.${kind}`, { type: 'application/xml' }))
			form.elements.file.files = files.files
			text.disabled = true
			form.submit()
		} catch (error) {
			tell(error)
		}
	})
	const button = form.querySelector('button[type=submit]')
	button.disabled = false
	button.removeAttribute('aria-disabled')
}

begin().catch(tell)
