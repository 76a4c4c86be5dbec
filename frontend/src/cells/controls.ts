// Buttons of the cells' own overlays, as DOM: the notebook draws no component of the shell.
import { icon, type IconName } from '../icons/icons'

export interface ButtonParts {
  icon?: IconName
  label: string
  /** The label stands beside the icon; else it is the button's name and title. */
  shown?: boolean
  className?: string
  press(event: MouseEvent): void
}

/** A button that leaves the focus where it was when it is pressed with a pointer. */
export function button({ icon: name, label, shown = false, className = 'b', press }: ButtonParts): HTMLButtonElement {
  const made = document.createElement('button')
  made.type = 'button'
  made.className = shown ? className : `${className} ico`
  if (name) made.append(icon(name))
  if (shown) made.append(label)
  else {
    made.setAttribute('aria-label', label)
    made.title = label
  }
  made.addEventListener('mousedown', (event) => event.preventDefault())
  made.addEventListener('click', press)
  return made
}
