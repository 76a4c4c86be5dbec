import { shapesOf, type IconName } from '../icons/icons'

export type { IconName } from '../icons/icons'

/** An icon for the eye only: the control around it has the name. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="i" viewBox="0 0 16 16" aria-hidden="true">
      {shapesOf(name).map(([Tag, attributes]) => (
        <Tag {...attributes} />
      ))}
    </svg>
  )
}
