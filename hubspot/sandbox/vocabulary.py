# ruff: noqa: E501, RUF001 -- each line is a row of a table, in the letters of its country
"""The words a portal is made of: people, places, firms, jobs. Entries that are not ASCII carry such a form after a slash."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """A country: `names` is its group of people's names, `cities` are "city|state|postcode prefix"."""

    name: str
    code: str
    names: str
    weight: float
    dial: str
    time_zone: str
    legal_form: str
    cities: tuple[str, ...]


def _country(line: str) -> Country:
    name, code, names, weight, dial, time_zone, legal_form, cities = line.split(";")
    return Country(name, code, names, float(weight), dial, time_zone, legal_form, tuple(cities.split(",")))


def _split(words: str) -> tuple[str, ...]:
    return tuple(words.split("|"))


COUNTRIES = tuple(
    _country(line)
    for line in """\
Germany;DE;german;1;+49 30;Europe/Berlin;GmbH;Berlin|Berlin|10,Hamburg|Hamburg|20,München|Bayern|80,Köln|NRW|50,Nürnberg|Bayern|90
Austria;AT;german;0.6;+43 1;Europe/Vienna;GmbH;Wien|Wien|10,Graz|Steiermark|80,Linz|Oberösterreich|40
Switzerland;CH;german;0.6;+41 44;Europe/Zurich;AG;Zürich|Zürich|80,Genève|Genève|12,Bern|Bern|30
France;FR;french;1;+33 1;Europe/Paris;SARL;Paris|Île-de-France|75,Lyon|Auvergne-Rhône-Alpes|69,Orléans|Centre|45
Spain;ES;spanish;0.8;+34 91;Europe/Madrid;S.L.;Madrid|Madrid|28,Barcelona|Cataluña|08,A Coruña|Galicia|15
Mexico;MX;spanish;0.3;+52 55;America/Mexico_City;S.A.;Ciudad de México|CDMX|06,Mérida|Yucatán|97
Brazil;BR;portuguese;0.5;+55 11;America/Sao_Paulo;Ltda;São Paulo|SP|01,Curitiba|PR|80
Poland;PL;polish;0.8;+48 22;Europe/Warsaw;Sp. z o.o.;Warszawa|Mazowieckie|00,Kraków|Małopolskie|30,Łódź|Łódzkie|90
Czechia;CZ;czech;0.5;+420 2;Europe/Prague;s.r.o.;Praha|Praha|11,Brno|Jihomoravský kraj|60
Sweden;SE;nordic;0.6;+46 8;Europe/Stockholm;AB;Stockholm|Stockholm|11,Malmö|Skåne|21,Göteborg|Västra Götaland|41
United Kingdom;GB;english;1;+44 20;Europe/London;Ltd;London|England|E1,Manchester|England|M4,Edinburgh|Scotland|EH
United States;US;english;1;+1 212;America/New_York;Inc.;New York|New York|10,Austin|Texas|78,Boston|Massachusetts|02,Seattle|Washington|98
Canada;CA;english;0.5;+1 416;America/Toronto;Inc.;Toronto|Ontario|M5,Montréal|Québec|H2
Japan;JP;japanese;0.5;+81 3;Asia/Tokyo;K.K.;東京|東京都|10,大阪|大阪府|53
China;CN;chinese;0.5;+86 21;Asia/Shanghai;Co., Ltd.;上海|上海市|20,深圳|广东省|51
India;IN;hindi;0.5;+91 22;Asia/Kolkata;Pvt. Ltd.;Mumbai|Maharashtra|40,Bengaluru|Karnataka|56
Ukraine;UA;cyrillic;0.4;+380 44;Europe/Kyiv;ТОВ;Київ|Київ|01,Львів|Львівська область|79
Greece;GR;greek;0.3;+30 21;Europe/Athens;Α.Ε.;Αθήνα|Αττική|10,Θεσσαλονίκη|Μακεδονία|54
Israel;IL;hebrew;0.3;+972 3;Asia/Jerusalem;Ltd;תל אביב|תל אביב|61,חיפה|חיפה|31
United Arab Emirates;AE;arabic;0.4;+971 4;Asia/Dubai;LLC;دبي|دبي|00,أبوظبي|أبوظبي|00
Türkiye;TR;turkish;0.4;+90 212;Europe/Istanbul;A.Ş.;İstanbul|İstanbul|34,İzmir|İzmir|35
Vietnam;VN;vietnamese;0.3;+84 28;Asia/Ho_Chi_Minh;JSC;Hồ Chí Minh|Hồ Chí Minh|70,Hà Nội|Hà Nội|10""".splitlines()
)

FIRST_NAMES = {
    "german": "Anna Lukas Jürgen/juergen Sabine Björn/bjoern Käthe/kaethe Felix Miriam Günther/guenther Leonie Tobias Ulrike",
    "french": "Élodie/elodie François/francois Chloé/chloe Théo/theo Amélie/amelie Hélène/helene Jean-Luc Noémie/noemie Maël/mael Inès/ines",
    "spanish": "José/jose María/maria Íñigo/inigo Lucía/lucia Andrés/andres Begoña/begona Sofía/sofia Raúl/raul Carmen Javier",
    "portuguese": "João/joao Conceição/conceicao Luís/luis Beatriz Tomás/tomas Antônia/antonia Rafael Inês/ines",
    "polish": "Łukasz/lukasz Małgorzata/malgorzata Paweł/pawel Zofia Michał/michal Agnieszka Jędrzej/jedrzej Elżbieta/elzbieta",
    "czech": "Jiří/jiri Zdeňka/zdenka Ondřej/ondrej Lenka Tomáš/tomas Kateřina/katerina Vojtěch/vojtech",
    "nordic": "Åsa/asa Björn/bjorn Søren/soren Ingrid Jökull/jokull Linnéa/linnea Mårten/marten Freja Öystein/oystein",
    "english": "Olivia James Amelia Ethan Grace Noah Charlotte Liam Zoë/zoe Mason Siobhán/siobhan Harper Logan Ava Declan Ruby",
    "japanese": "太郎/taro 美咲/misaki 健一/kenichi さくら/sakura 翔太/shota 陽菜/hina 直樹/naoki",
    "chinese": "伟/wei 芳/fang 秀英/xiuying 强/qiang 丽娜/lina 建国/jianguo 晓明/xiaoming",
    "hindi": "आरव/aarav प्रिया/priya राहुल/rahul अनन्या/ananya विवेक/vivek दीपिका/deepika संजय/sanjay",
    "cyrillic": "Олександр/oleksandr Наталія/nataliia Дмитро/dmytro Ірина/iryna Сергій/serhii Оксана/oksana Юрій/yurii",
    "greek": "Γιώργος/giorgos Ελένη/eleni Νίκος/nikos Μαρία/maria Δημήτρης/dimitris Σοφία/sofia",
    "hebrew": "נועה/noa אבי/avi יעל/yael דוד/david תמר/tamar אורי/uri",
    "arabic": "محمد/mohammed فاطمة/fatima أحمد/ahmed ليلى/layla يوسف/youssef نور/nour خالد/khaled",
    "turkish": "Ayşe/ayse Çağlar/caglar Şebnem/sebnem İpek/ipek Oğuz/oguz Gül/gul Emre",
    "vietnamese": "Anh Dũng/dung Hằng/hang Quốc/quoc Thảo/thao Đức/duc",
}

LAST_NAMES = {
    "german": "Müller/mueller Schmidt Weiß/weiss Schäfer/schaefer Köhler/koehler Groß/gross Vogel Hübner/huebner Lang Böhm/boehm Seidel",
    "french": "Lefèvre/lefevre Dupont Gauthier Béranger/beranger Moreau d'Aubigné/daubigne Leclerc Garçon/garcon Prévost/prevost",
    "spanish": "García/garcia Núñez/nunez Fernández/fernandez Ibáñez/ibanez López/lopez Muñoz/munoz Vega Ordóñez/ordonez",
    "portuguese": "Gonçalves/goncalves Araújo/araujo Assunção/assuncao Silva Magalhães/magalhaes Pereira",
    "polish": "Wójcik/wojcik Kowalska Zieliński/zielinski Dąbrowska/dabrowska Błaszczyk/blaszczyk Nowak Świątek/swiatek",
    "czech": "Novák/novak Dvořáková/dvorakova Černý/cerny Procházka/prochazka Růžičková/ruzickova Kučera/kucera",
    "nordic": "Ångström/angstrom Sørensen/sorensen Lindqvist Bjørnstad/bjornstad Hedlund Ødegaard/odegaard Hällström/hallstrom",
    "english": "Carter O'Neill/oneill Bennett Hughes Ashworth Whitfield Nguyen Patel Brooks Sinclair Marlowe Foster Okafor Hale",
    "japanese": "佐藤/sato 鈴木/suzuki 高橋/takahashi 田中/tanaka 渡辺/watanabe 山本/yamamoto",
    "chinese": "王/wang 李/li 张/zhang 刘/liu 陈/chen 欧阳/ouyang",
    "hindi": "शर्मा/sharma मेहता/mehta गुप्ता/gupta सिंह/singh पटेल/patel अय्यर/iyer",
    "cyrillic": "Шевченко/shevchenko Коваленко/kovalenko Бондаренко/bondarenko Ткаченко/tkachenko Щербак/shcherbak",
    "greek": "Παπαδόπουλος/papadopoulos Γεωργίου/georgiou Οικονόμου/oikonomou Νικολαΐδης/nikolaidis",
    "hebrew": "כהן/cohen לוי/levi מזרחי/mizrahi פרץ/peretz אברהם/avraham",
    "arabic": "الحسيني/alhusseini العلي/alali منصور/mansour حداد/haddad الخطيب/alkhatib",
    "turkish": "Yılmaz/yilmaz Öztürk/ozturk Şahin/sahin Çelik/celik Aydoğan/aydogan",
    "vietnamese": "Nguyễn/nguyen Trần/tran Phạm/pham Đặng/dang Võ/vo",
}

FIRM_STEMS = _split(
    "Blue Harbor|Red Maple|Silver Birch|Northgate|Südwind/suedwind|Åkerlund/akerlund|Grünfeld/gruenfeld|Clearwater|"
    "Ironbridge|Élan/elan|Solstice|Bright Meadow|Kestrel|Halcyon|Copper Canyon|Łąka/laka|Vantage|Stonepine|"
    "Lumière/lumiere|Novaterra|Sakura さくら/sakura|北星/beixing|Δέλτα/delta|Заря/zarya|النخيل/alnakheel|Tidewater|"
    "Foxglove|Meridian|Oakhurst|Peregrine|Quarry Hill|Rhein-Main|Cedar & Stone|Summit|Thornbury|Umbra|Verde Vale|"
    "Windrose|Yarrow|Zephyr|Amberfield|Bergmann|Castellan|Driftwood|Everline|Fjordlys|Goldcrest|Hawthorne|Inlet|"
    "Juniper|Kornblum|Larkspur|Moorland|Nimbus|Osprey|Piñon/pinon|Ravenna|Saltmarsh|Trellis|Ullmann"
)

FIRM_FIELDS = _split(
    "Logistics|Software|Foods|Robotics|Analytics|Health|Energy|Textiles|Consulting|Interiors|Bikes|Media|Chemicals|"
    "Learning|Farms|Security|Coffee|Optics|Travel|Tools|Printing|Pharma|Architects|Games|Capital|Events|Recycling|"
    "Instruments|Garden|Mobility|Ceramics|Outdoors|Labs|Fashion|Networks|Bakery|Marine|Sports|Aerospace|Legal"
)

FIRM_PLACES = _split(
    "|North|South|East|West|Alpine|Coastal|Central|Nordic|Baltic|Iberia|Pacific|Atlantic|Highland|Metro|Delta|"
    "Union|Capital|Prairie|Island|Valley|Lakeside|Riverside|Global|Express|Direct|Premium|Works|Group|Partners|"
    "House|One|Plus|Studio|Trade|Supply|Systems|Circle|Alliance|Bridge|Point|Field|Port|Gate|Crown|Star|Line|Wave|"
    "Peak|Stone|Forest|Harbor|Garden|Mill|Forge|Yard|Court|Square|Park|Ridge|Grove|Bay|Cape|Reef|Dune|Glen|Moor|"
    "Fell|Dale|Ford|Well|Spring|Brook|Creek|Pond|Lake|Cove|Shore|Cliff|Crest|Summit|Slope|Plain|Steppe|Oasis|"
    "Canyon|Mesa|Butte|Gorge|Fjord"
)

JOB_TITLES = _split(
    "Managing Director|Geschäftsführer|Head of Marketing|Marketing Manager|Sales Manager|Account Executive|Buyer|"
    "Head of Procurement|Operations Manager|CTO|CFO|CEO|Founder|Product Manager|Software Engineer|Data Analyst|"
    "HR Manager|Office Manager|Customer Success Manager|Director of Partnerships|Consultant|Project Manager|"
    "Responsable Achats|Key Account Manager|IT Administrator|VP Sales|Warehouse Lead|Content Editor|Werkstudentin|"
    "Intern"
)

STREETS = _split(
    "Hauptstraße|Lindenallee|Market Street|High Street|Rue de la République|Calle Mayor|Via Roma|Storgatan|Elm Avenue"
)

# Where people without a company have their mail. Addresses of people lead nowhere, so these are made up.
FREEMAIL_DOMAINS = (
    "mailbox.example",
    "inbox.example",
    "post.example",
    "freemail.example",
    "letters.example",
    "webpost.example",
    "netmail.example",
    "home.example",
)
# Real ones, entered by mistake as the domain of a company.
FREEMAIL_PROVIDERS = ("gmail.com", "outlook.com", "yahoo.com", "web.de", "hotmail.com", "icloud.com")
ROLE_MAILBOXES = ("info", "sales", "office", "support", "hello")
TEST_NAMES = ("Test", "asdf", "Demo", "Tester")

# Values found in real portals that break careless software; spread thinly over the records.
HOSTILE_NAMES = (
    "<script>alert('sandbox')</script>",
    '"><img src=x onerror=alert(1)>',
    '=HYPERLINK("http://evil.example","Click")',
    "+1+1",
    "@SUM(1+9)*cmd",
    "-2+3",
    "Robert'); DROP TABLE contacts;--",
    "[link](javascript:alert(1)) **bold** :material/delete: $x$",
    "\u202eesrever\u202c",
    "Zero\u200bWidth \u00a0Space",
    "O\u0308zil (decomposed)",
    "👩🏽‍💻 Team",
    "Long " + "name " * 60,
    "tab\tand\nline",
    "null",
    "NaN",
)
HOSTILE_LINKS = (
    "javascript:alert(document.domain)",
    "data:text/html,<h1>x</h1>",
    "https://xn--80ak6aa92e.example/?q=<b>",
)


def display(word: str) -> str:
    """Return how a word of the vocabulary is shown."""
    return word.split("/", maxsplit=1)[0]


def ascii_form(word: str) -> str:
    """Return the ASCII form of a word, as mail addresses and domains use it."""
    return "".join(
        letter for letter in word.rsplit("/", maxsplit=1)[-1].lower() if letter.isascii() and letter.isalnum()
    )
