// What a script adds to the login page: a button that shows the password, and the code of a one-time link, which stands in the
// address's fragment because that is never sent or logged. Without a script all of it works too.
import { t } from '../i18n'
import { page } from '../shell/page'

page()

for (const input of document.querySelectorAll<HTMLInputElement>('input[type=password]')) {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'b'
  const say = (): void => {
    button.textContent = t(input.type === 'password' ? 'login.show' : 'login.hide')
  }
  button.setAttribute('aria-controls', input.id)
  button.addEventListener('click', () => {
    input.type = input.type === 'password' ? 'text' : 'password'
    say()
    input.focus()
  })
  say()
  input.after(button)
}

const form = document.querySelector<HTMLFormElement>('form[data-ask]')
const fragment = decodeURIComponent(location.hash.slice(1))
if (form && /^[A-Za-z0-9-]{8,80}$/.test(fragment)) {
  // Out of the address bar and the history before anything else.
  history.replaceState(null, '', location.pathname + location.search)
  const code = document.createElement('input')
  code.type = 'hidden'
  code.name = 'code'
  code.value = fragment
  form.querySelector('[name=password], [name=code]')?.remove()
  form.append(code)
  form.submit()
} else {
  const link = document.querySelector<HTMLAnchorElement>('a[data-switch]')
  if (link && location.hash) link.hash = location.hash
}
