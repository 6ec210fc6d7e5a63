# ruff: noqa: E501 -- each line is a row of a table
"""Which properties contacts have in a sandbox portal."""

from hubspot.sandbox.definitions import LISTS, read_definitions, stage_lines

CONTACT_DEFINITIONS = read_definitions(
    [
        "firstname;First Name;string/text;contactinformation",
        "lastname;Last Name;string/text;contactinformation",
        "email;Email;string/text;contactinformation;unique",
        "hs_additional_emails;Additional email addresses;enumeration/checkbox;contactinformation;readonly",
        "hs_email_domain;Email Domain;string/text;contactinformation;readonly",
        "phone;Phone Number;string/phonenumber;contactinformation",
        "mobilephone;Mobile Phone Number;string/phonenumber;contactinformation",
        "jobtitle;Job Title;string/text;contactinformation",
        "company;Company Name;string/text;contactinformation",
        "website;Website URL;string/text;contactinformation",
        "industry;Industry;string/text;contactinformation",
        "annualrevenue;Annual Revenue;string/text;contactinformation",
        (
            "numemployees;Number of Employees;enumeration/radio;contactinformation;;"
            "1-5|5-25|25-50|50-100|100-500|500-1000|1000+"
        ),
        "address;Street Address;string/text;contactinformation",
        "city;City;string/text;contactinformation",
        "state;State/Region;string/text;contactinformation",
        "zip;Postal Code;string/text;contactinformation",
        "country;Country/Region;string/text;contactinformation",
        "hs_country_region_code;Country/Region Code;string/text;contactinformation",
        "lifecyclestage;Lifecycle Stage;enumeration/radio;contactinformation;;stages",
        "hs_lead_status;Lead Status;enumeration/radio;sales_properties;;lead_statuses",
        "hubspot_owner_id;Contact owner;enumeration/select;sales_properties;OWNER",
        "hubspot_owner_assigneddate;Owner assigned date;datetime/date;sales_properties;readonly",
        "hs_analytics_source;Original Traffic Source;enumeration/select;analyticsinformation;readonly;sources",
        "hs_latest_source;Latest Traffic Source;enumeration/select;analyticsinformation;readonly;sources",
        "hs_analytics_source_data_1;Original Traffic Source Drill-Down 1;string/text;analyticsinformation;readonly",
        "hs_object_source_label;Record source;enumeration/select;contactinformation;readonly;record_sources",
        "hs_analytics_num_page_views;Number of Pageviews;number/number;analyticsinformation;readonly",
        "hs_analytics_num_visits;Number of Sessions;number/number;analyticsinformation;readonly",
        "num_conversion_events;Number of Form Submissions;number/number;conversioninformation;readonly",
        "recent_conversion_date;Recent Conversion Date;datetime/date;conversioninformation;readonly",
        "hs_email_optout;Unsubscribed from all email;bool/booleancheckbox;emailinformation;readonly",
        (
            "hs_marketable_status;Marketing contact status;enumeration/booleancheckbox;contactinformation;readonly;"
            "true=Marketing contact|false=Non-marketing contact"
        ),
        "hs_email_delivered;Marketing emails delivered;number/number;emailinformation;readonly",
        "hs_email_open;Marketing emails opened;number/number;emailinformation;readonly",
        "hs_email_click;Marketing emails clicked;number/number;emailinformation;readonly",
        "hs_email_bounce;Marketing emails bounced;number/number;emailinformation;readonly",
        (
            "hs_seniority;Employment Seniority;enumeration/select;contactinformation;;"
            "vp=VP|director=Director|entry=Entry|executive=Executive|manager=Manager|owner=Owner|partner=Partner|"
            "senior=Senior|employee=Employee"
        ),
        (
            "hs_role;Employment Role;enumeration/select;contactinformation;;"
            "accounting=Accounting|administrative=Administrative|business_development=Business Development|"
            "engineering=Engineering|finance=Finance|human_resources=Human Resources|marketing=Marketing|"
            "operations=Operations|sales=Sales"
        ),
        (
            "hs_buying_role;Buying Role;enumeration/checkbox;sales_properties;;"
            "BLOCKER=Blocker|BUDGET_HOLDER=Budget Holder|CHAMPION=Champion|DECISION_MAKER=Decision Maker|"
            "END_USER=End User|EXECUTIVE_SPONSOR=Executive Sponsor|INFLUENCER=Influencer|"
            "LEGAL_AND_COMPLIANCE=Legal & Compliance|OTHER=Other"
        ),
        "associatedcompanyid;Primary Associated Company ID;number/number;contactinformation;COMPANY readonly",
        "num_associated_deals;Number of Associated Deals;number/calculation_rollup;deal_information;calculated",
        "recent_deal_amount;Recent Deal Amount;number/number;deal_information;currency readonly",
        "total_revenue;Total Revenue;number/calculation_rollup;deal_information;currency calculated",
        "closedate;Close Date;datetime/date;contactinformation",
        "hubspotscore;HubSpot Score;number/number;contactscripted;readonly",
        "notes_last_contacted;Last Contacted;datetime/date;contactinformation;readonly",
        "notes_last_updated;Last Activity Date;datetime/date;contactinformation;readonly",
        "notes_next_activity_date;Next Activity Date;datetime/date;contactinformation;readonly",
        "hs_last_sales_activity_timestamp;Last Engagement Date;datetime/calculation_read_time;sales_properties;calculated",
        "num_contacted_notes;Number of times contacted;number/number;contactinformation;readonly",
        "num_notes;Number of Sales Activities;number/number;contactinformation;readonly",
        "hs_is_unworked;Contact unworked;bool/calculation_equation;sales_properties;calculated;yes_no",
        "hs_merged_object_ids;Merged record IDs;enumeration/checkbox;contactinformation;readonly hidden",
        "hs_lastmodifieddate;Object last modified date/time;datetime/date;contactinformation;readonly hidden",
        "hs_object_id;Record ID;number/number;contactinformation;readonly unique",
        "createdate;Create Date;datetime/date;contactinformation;readonly",
        "lastmodifieddate;Last Modified Date;datetime/date;contactinformation;readonly",
        "contract_renewal_on;Contract renewal;date/date;northwind;custom",
        (
            "favourite_range;Favourite product range;enumeration/select;northwind;custom;"
            "classic=Classic|studio=Studio|outdoor=Outdoor|kids=Kids & School|bespoke=Bespoke"
        ),
        (
            "newsletter_topics;Newsletter topics;enumeration/checkbox;northwind;custom;"
            "product_news=Product news|events=Events|tips=Tips & tricks|research=Research"
        ),
        "nps_score;NPS score;number/number;northwind;custom",
        "vip_programme;VIP programme;bool/booleancheckbox;northwind;custom;yes_no",
        "badge_code;Trade fair badge;string/text;northwind;custom",
        *stage_lines("contactlcs"),
    ],
    LISTS,
)
