// The prompt's sentences come with its page; imported first, so that they are there when others are made.
import { learn } from '../../i18n'
import { replEn } from '../../i18n/repl.en'

learn(replEn)
