"""The passwords that are tried first: a few hundred words, what people do to them, and what fingers draw on a keyboard. Pure.

A list of thousands is mostly these words with an ending; the endings are told by rule instead.
"""

import re
from functools import cache

WORDS = """
password passwort passphrase passwd contraseña motdepasse senha parola wachtwoord haslo salasana mima mimashi kouling
admin administrator root user username login logon guest test testing tester temp temporary default changeme change letmein
welcome hello hallo bonjour secret secrets private access master system server service support office company business manager
computer internet network windows linux ubuntu debian apple google facebook samsung microsoft android iphone youtube twitter
jupyter notebook notebooks octavo python anaconda jupyterlab marimo colab datascience machinelearning
iloveyou loveyou lovely loveme iloveme iloveu lover love forever together always friends friend family mother father brother sister
daddy mommy baby babygirl babyboy angel angels princess prince queen king kitty kitten puppy honey sweetie sweet beautiful
sunshine sunflower flower flowers rainbow butterfly summer winter spring autumn monday tuesday wednesday thursday friday saturday
sunday january february march april may june july august september october november december
monkey dragon tiger lion panther eagle falcon phoenix wolf shark dolphin turtle elephant chicken cowboy pirate ninja samurai
football soccer baseball basketball hockey tennis golfer golf rugby cricket yankees lakers cowboys steelers eagles arsenal chelsea
liverpool manchester barcelona realmadrid juventus ferrari porsche mercedes corvette mustang harley toyota honda yamaha
superman batman spiderman starwars startrek pokemon pikachu naruto minecraft fortnite roblox playstation nintendo xbox matrix
gandalf hobbit merlin wizard magic hunter killer warrior soldier ranger marine sniper shadow ghost blade thunder lightning
michael jennifer jordan thomas daniel andrew charlie robert matthew joshua ashley jessica amanda nicole michelle stephanie
anthony william richard george patrick martin alexander alexandra christian christopher jonathan benjamin samantha elizabeth
victoria natasha sabrina vanessa veronica patricia barbara heather melissa rebecca danielle brandon nathan austin dallas
maggie buster ginger pepper cookie cookies chocolate banana orange cheese coffee peanut pumpkin strawberry cherry
jesus christ heaven blessed church faith grace trinity freedom america american canada london paris berlin germany france
mexico brasil brazil china beijing shanghai tokyo india pakistan australia england scotland ireland russia moscow
whatever nothing trustno trustnoone fuckyou fuckme asshole bitch pussy blowjob bigdick biteme suckme sexy hardcore hooters
trouble crazy lucky happy smile smiley music guitar metallica slipknot nirvana eminem tupac blink rockstar
silver golden diamond purple yellow orange scarlet crystal maverick midnight morning moonlight starlight
teacher student college university school doctor nurse police fireman engineer developer programmer
computer1 qwerty qwertz azerty asdf asdfgh zxcvbn zxcvbnm qwertyuiop asdfghjkl poiuytrewq lkjhgfdsa mnbvcxz
abcdef abcdefg abcdefgh abc abcd aaa woaini aini nihao zhongguo wangyi taobao tencent baidu weixin qqqq dangdang
correcthorsebatterystaple letmeinnow opensesame sesame nopassword mypassword yourpassword thepassword newpassword oldpassword
passw pass word goodpassword badpassword strongpassword securepassword topsecret
"""

WHOLE = """
1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4 q1w2e3r4t5 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 zaq12wsx zaq1zaq1 zaq1xsw2 qazwsxedc qazwsxedcrfv
qwer1234 1234qwer qwerty123456 asdf1234 1234asdf asdfasdf asdfghjk zxcv1234 a1b2c3d4 a1s2d3f4 aa123456 a123456789 a1234567 a12345678
abc12345 abcd1234 1234abcd abc123abc 123abc123 123qweasd 123qwe123 qwe123qwe qweasdzxc qweasd123 1a2b3c4d 12qwaszx 147258369 159753456
987654321 123654789 789456123 741852963 963852741 159357159 147852369 135792468 246813579 112233445566 11223344 12344321 12312312
123123123 321321321 123321123 456456456 789789789 1357924680 0987654321 1234567890 0123456789 123456789a 12345678a 123456789q 1234567q
5201314520 52013145 woaini1314 woaini520 a5201314 1314520 wang1234 zhang123 p@ssw0rd p@55w0rd pa55word pa$$word passw0rd pass1234
1password 123password password12345678 iloveyou2 trustno1 ncc1701d ncc1701e thx1138x 8675309a rush2112 4815162342 31415926 314159265
27182818 271828182 69696969 66668888 88886666 88888888 16777216 administrator1 letmein123 welcome123 changeit changethis
qwertyui qwertyuio wertyuio asdfjkl asdfjkl; ;lkjfdsa !qaz2wsx !qaz@wsx 1qaz!qaz qaz123wsx zxcasdqwe zxcvasdf
"""

ENDING = re.compile(r"(?P<tail>\d{0,2}|123\d*|19\d\d|20\d\d|(\d)\2*|321|007|666|1314|520|786)[!.?@#$*_-]{0,3}")
LEET = str.maketrans("0134578@$!", "oieastbasi")
ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "qsdfghjklm",
)


@cache
def words() -> frozenset[str]:
    return frozenset(WORDS.split())


@cache
def whole() -> frozenset[str]:
    return frozenset(WHOLE.split())


def is_common(password: str) -> bool:
    text = "".join(password.casefold().split())
    return text in whole() or is_drawn(text) or is_word(text)


def is_word(text: str) -> bool:
    """A word, or one said twice, perhaps with digits for letters, and a common ending."""
    heads = (text[:end] for end in range(3, len(text) + 1) if ENDING.fullmatch(text[end:]))
    return any(halved(form) in words() for head in heads for form in (head, head.translate(LEET)))


def halved(text: str) -> str:
    half = text[: len(text) // 2]
    return half if half * 2 == text and len(half) > 2 else text


def is_drawn(text: str) -> bool:
    """One to four characters again and again, or a walk along a row of keys."""
    repeated = any(text == (text[:size] * len(text))[: len(text)] for size in range(1, min(4, len(text) // 2) + 1))
    return repeated or any(text in row or text in row[::-1] for row in (row * 2 for row in ROWS))
