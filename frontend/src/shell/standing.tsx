// A place in the shell for an element that is made elsewhere, as a page's sheet is.
import { useLayoutEffect, useRef } from 'preact/hooks'

export function Standing({ element }: { element: HTMLElement }) {
  const host = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    host.current?.append(element)
  }, [element])
  return <div ref={host} />
}
