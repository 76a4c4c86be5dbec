// Draws a page into the body, with the corners that every page has.
import { render, type ComponentChildren } from 'preact'
import { CommandDialogs, Dialogs } from './later'
import { Toasts } from './toasts'

/** Dialogs, palette, key sheet, toasts: once a page. */
export function Corners() {
  return (
    <>
      <Dialogs />
      <CommandDialogs />
      <Toasts />
    </>
  )
}

export function start(children: ComponentChildren): void {
  render(
    <>
      {children}
      <Corners />
    </>,
    document.body,
  )
}
