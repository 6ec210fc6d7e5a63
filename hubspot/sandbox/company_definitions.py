# ruff: noqa: E501 -- each line is a row of a table
"""Which properties companies have in a sandbox portal."""

from hubspot.sandbox.definitions import LISTS, choices, read_definitions, stage_lines

INDUSTRIES = choices(
    "COMPUTER_SOFTWARE=Computer Software|INFORMATION_TECHNOLOGY_AND_SERVICES=Information Technology and Services|"
    "RETAIL=Retail|LOGISTICS_AND_SUPPLY_CHAIN=Logistics and Supply Chain|MACHINERY=Machinery|"
    "FOOD_PRODUCTION=Food Production|MANAGEMENT_CONSULTING=Management Consulting|"
    "HOSPITAL_HEALTH_CARE=Hospital & Health Care|CONSUMER_GOODS=Consumer Goods|"
    "MARKETING_AND_ADVERTISING=Marketing and Advertising|FINANCIAL_SERVICES=Financial Services|"
    "CONSTRUCTION=Construction|FURNITURE=Furniture|TEXTILES=Textiles|WHOLESALE=Wholesale|"
    "EDUCATION_MANAGEMENT=Education Management|E_LEARNING=E-Learning|AUTOMOTIVE=Automotive|"
    "RENEWABLES_ENVIRONMENT=Renewables & Environment|PHARMACEUTICALS=Pharmaceuticals|"
    "TELECOMMUNICATIONS=Telecommunications|HOSPITALITY=Hospitality|REAL_ESTATE=Real Estate|"
    "SPORTING_GOODS=Sporting Goods|DESIGN=Design|ARCHITECTURE_PLANNING=Architecture & Planning|"
    "BIOTECHNOLOGY=Biotechnology|PACKAGING_AND_CONTAINERS=Packaging and Containers|CHEMICALS=Chemicals|"
    "FOOD_BEVERAGES=Food & Beverages|INTERNET=Internet|COMPUTER_GAMES=Computer Games|INSURANCE=Insurance|"
    "BANKING=Banking|LAW_PRACTICE=Law Practice|HUMAN_RESOURCES=Human Resources|"
    "STAFFING_AND_RECRUITING=Staffing and Recruiting|MEDICAL_DEVICES=Medical Devices|OIL_ENERGY=Oil & Energy|"
    "UTILITIES=Utilities|FARMING=Farming|MUSIC=Music|"
    "NON_PROFIT_ORGANIZATION_MANAGEMENT=Non-Profit Organization Management|RESEARCH=Research|PRINTING=Printing|"
    "PUBLISHING=Publishing|TRANSPORTATION_TRUCKING_RAILROAD=Transportation/Trucking/Railroad|"
    "WINE_AND_SPIRITS=Wine and Spirits|LEISURE_TRAVEL_TOURISM=Leisure, Travel & Tourism|"
    "GOVERNMENT_ADMINISTRATION=Government Administration"
)

COMPANY_DEFINITIONS = read_definitions(
    [
        "name;Company name;string/text;companyinformation",
        "domain;Company Domain Name;string/text;companyinformation",
        "hs_additional_domains;Additional Domains;enumeration/checkbox;companyinformation;readonly",
        "website;Website URL;string/text;companyinformation",
        "phone;Phone Number;string/phonenumber;companyinformation",
        "description;Description;string/textarea;companyinformation",
        "address;Street Address;string/text;companyinformation",
        "city;City;string/text;companyinformation",
        "state;State/Region;string/text;companyinformation",
        "zip;Postal Code;string/text;companyinformation",
        "country;Country/Region;string/text;companyinformation",
        "hs_country_code;Country code;string/text;companyinformation",
        "timezone;Time Zone;string/text;companyinformation",
        "industry;Industry;enumeration/select;companyinformation;;industries",
        "numberofemployees;Number of Employees;number/number;companyinformation",
        "annualrevenue;Annual Revenue;number/number;companyinformation;currency",
        "founded_year;Year Founded;string/text;companyinformation",
        "is_public;Is Public;bool/booleancheckbox;companyinformation;;yes_no",
        (
            "type;Type;enumeration/radio;companyinformation;;"
            "PROSPECT=Prospect|PARTNER=Partner|RESELLER=Reseller|VENDOR=Vendor|OTHER=Other"
        ),
        "lifecyclestage;Lifecycle Stage;enumeration/radio;companyinformation;;stages",
        "hs_lead_status;Lead Status;enumeration/radio;companyinformation;;lead_statuses",
        (
            "hs_ideal_customer_profile;Ideal Customer Profile Tier;enumeration/radio;companyinformation;;"
            "tier_1=Tier 1|tier_2=Tier 2|tier_3=Tier 3"
        ),
        "hs_is_target_account;Target Account;bool/booleancheckbox;companyinformation;;yes_no",
        "hubspot_owner_id;Company owner;enumeration/select;companyinformation;OWNER",
        "hubspot_owner_assigneddate;Owner Assigned Date;datetime/date;companyinformation;readonly",
        "hs_analytics_source;Original Traffic Source;enumeration/select;analyticsinformation;readonly;sources",
        "hs_analytics_latest_source;Latest Traffic Source;enumeration/select;analyticsinformation;readonly;sources",
        "hs_object_source_label;Record source;enumeration/select;companyinformation;readonly;record_sources",
        "num_associated_contacts;Number of Associated Contacts;number/calculation_rollup;companyinformation;calculated",
        "num_associated_deals;Number of Associated Deals;number/calculation_rollup;companyinformation;calculated",
        "hs_num_open_deals;Number of Open Deals;number/calculation_rollup;companyinformation;calculated",
        "hs_num_child_companies;Number of child companies;number/calculation_rollup;companyinformation;calculated",
        "hs_parent_company_id;Parent Company;number/number;companyinformation;COMPANY",
        "recent_deal_amount;Recent Deal Amount;number/number;companyinformation;currency readonly",
        "total_revenue;Total Revenue;number/calculation_rollup;companyinformation;currency calculated",
        "closedate;Close Date;datetime/date;companyinformation",
        "days_to_close;Days to Close;number/calculation_equation;companyinformation;calculated",
        "hubspotscore;HubSpot Score;number/number;companyscripted;readonly",
        "first_contact_createdate;First Contact Create Date;datetime/calculation_rollup;companyinformation;calculated",
        "notes_last_contacted;Last Contacted;datetime/date;companyinformation;readonly",
        "notes_last_updated;Last Activity Date;datetime/date;companyinformation;readonly",
        "hs_last_sales_activity_timestamp;Last Engagement Date;datetime/calculation_read_time;companyinformation;calculated",
        "num_contacted_notes;Number of times contacted;number/number;companyinformation;readonly",
        "num_notes;Number of Sales Activities;number/number;companyinformation;readonly",
        "hs_merged_object_ids;Merged record IDs;enumeration/checkbox;companyinformation;readonly hidden",
        "hs_object_id;Record ID;number/number;companyinformation;readonly unique",
        "createdate;Create Date;datetime/date;companyinformation;readonly",
        "hs_lastmodifieddate;Last Modified Date;datetime/date;companyinformation;readonly",
        (
            "customer_segment;Segment;enumeration/select;northwind;custom;"
            "enterprise=Enterprise|mid_market=Mid-market|small=Small business|public_sector=Public sector"
        ),
        "contract_ends_on;Contract end;date/date;northwind;custom",
        "support_plan;Support plan;enumeration/radio;northwind;custom;basic=Basic|plus=Plus|premium=Premium",
        (
            "products_in_use;Products in use;enumeration/checkbox;northwind;custom;"
            "desk=Desk|shelf=Shelf|lamp=Lamp|chair=Chair|screen=Screen"
        ),
        "health_score;Account health;number/number;northwind;custom",
        "erp_number;ERP number;string/text;northwind;custom unique",
        *stage_lines("companylcs"),
    ],
    {**LISTS, "industries": INDUSTRIES},
)
