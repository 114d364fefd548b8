//! customer/: who the customers are, their loyalty, their tickets and their app sessions.

use super::{Versioned, VersionedFile, World};
use crate::generate::csv::Fields;
use crate::generate::random::Random;
use std::io;

const FIRST_NAMES: [&str; 24] = [
    "Ada", "Bruno", "Chiara", "Dmitri", "Elena", "Farid", "Grete", "Hugo", "Ines", "Jonas", "Keiko", "Lars", "Mira",
    "Nils", "Olga", "Pavel", "Quinn", "Rosa", "Sven", "Tara", "Umar", "Vera", "Wim", "Yara",
];
const LAST_NAMES: [&str; 24] = [
    "Abel", "Berg", "Costa", "Dahl", "Eriksen", "Fuchs", "Grau", "Holm", "Ivanov", "Jansen", "Klein", "Lindt",
    "Moreau", "Novak", "Okafor", "Petit", "Quist", "Rossi", "Stern", "Tanaka", "Ueda", "Vogel", "Weiss", "Zeman",
];
const CITIES: [(&str, &str, &str); 12] = [
    ("Portland", "OR", "97201"),
    ("Portland", "ME", "04101"),
    ("Boston", "MA", "02108"),
    ("Newark", "NJ", "07102"),
    ("Denver", "CO", "80202"),
    ("Austin", "TX", "78701"),
    ("Tampa", "FL", "33602"),
    ("Omaha", "NE", "68102"),
    ("Tucson", "AZ", "85701"),
    ("Dayton", "OH", "45402"),
    ("Boise", "ID", "83702"),
    ("Helena", "MT", "59601"),
];
pub(super) const CHANNELS: [&str; 3] = ["online", "store", "mobile"];
const SEGMENTS: [&str; 3] = ["Premium", "Standard", "Basic"];
const TIERS: [&str; 4] = ["Bronze", "Silver", "Gold", "Platinum"];

pub(super) fn write(world: &mut World<'_>) -> io::Result<()> {
    customers(world)?;
    loyalty(world)?;
    tickets(world)?;
    sessions(world)
}

#[derive(Clone)]
struct Customer {
    id: u64,
    name: (&'static str, &'static str),
    has_email: bool,
    has_phone: bool,
    born: Option<i64>,
    gender: &'static str,
    registered: Option<i64>,
    segment: &'static str,
    channel: &'static str,
    house: i64,
    city: (&'static str, &'static str, &'static str),
    known: i64,
}

impl Versioned for Customer {
    fn fields(&self, out: &mut Fields<'_>) {
        let (first, last) = self.name;
        let number = self.id.to_string();
        out.id("CUST", self.id).text(first).text(last);
        match self.has_email {
            true => out.joined(&[first, ".", last, ".", &number, "@example.com"]),
            false => out.null(),
        };
        match self.has_phone {
            true => out.joined(&["+1-555-", &number]),
            false => out.null(),
        };
        match self.born {
            Some(day) => out.date(day),
            None => out.null(),
        };
        out.text(self.gender);
        match self.registered {
            Some(second) => out.timestamp(second),
            None => out.null(),
        };
        out.text(self.segment).text(self.channel).joined(&[&self.house.to_string(), " Main St"]);
        out.text(self.city.0).text(self.city.1).text(self.city.2).text("USA");
    }

    fn change(&mut self, random: &mut Random) {
        self.city = random.pick(&CITIES);
        self.segment = random.pick(&SEGMENTS);
        self.channel = random.pick(&CHANNELS);
        self.has_email = !random.chance(50_000);
    }

    fn known_from(&self) -> i64 {
        self.known
    }
}

fn customers(world: &mut World<'_>) -> io::Result<()> {
    let mut random = world.random(1);
    let header = "customer_id,first_name,last_name,email,phone,date_of_birth,gender,registration_date,customer_segment,\
                  preferred_channel,address_line1,city,state,zip_code,country";
    let mut file = VersionedFile::create(world, "customer/customers.csv", header, 1)?;
    let today = world.options.today;
    for id in 1..=world.options.customers {
        let registered = world.now() - random.between(86_400, 86_400 * 365 * 5);
        file.push(Customer {
            id,
            name: (random.pick(&FIRST_NAMES), random.pick(&LAST_NAMES)),
            has_email: !random.chance(10_000),
            has_phone: !random.chance(30_000),
            born: (!random.chance(20_000)).then(|| today - random.between(365 * 18, 365 * 80)),
            gender: random.pick(&["M", "F", "F", "M", "O"]),
            registered: (!random.chance(5_000)).then_some(registered),
            segment: random.pick(&SEGMENTS),
            channel: random.pick(&CHANNELS),
            house: random.between(1, 9_999),
            city: random.pick(&CITIES),
            known: registered,
        })?;
    }
    file.finish(world)
}

#[derive(Clone)]
struct Membership {
    customer: u64,
    tier: &'static str,
    earned: i64,
    redeemed: i64,
    since: i64,
    lifetime_cents: Option<i64>,
    known: i64,
}

impl Versioned for Membership {
    fn fields(&self, out: &mut Fields<'_>) {
        out.id("CUST", self.customer).text(self.tier).integer(self.earned - self.redeemed);
        out.integer(self.earned).integer(self.redeemed).date(self.since);
        match self.lifetime_cents {
            Some(cents) => out.cents(cents),
            None => out.null(),
        };
    }

    fn change(&mut self, random: &mut Random) {
        self.tier = random.pick(&TIERS);
        self.earned += random.between(0, 2_000);
        self.lifetime_cents = Some(random.between(10_000, 2_000_000));
    }

    fn known_from(&self) -> i64 {
        self.known
    }
}

fn loyalty(world: &mut World<'_>) -> io::Result<()> {
    let mut random = world.random(2);
    let header = "customer_id,loyalty_tier,points_balance,points_earned_ytd,points_redeemed_ytd,tier_start_date,\
                  lifetime_value";
    let mut file = VersionedFile::create(world, "customer/loyalty_program.csv", header, 2)?;
    for customer in 1..=world.options.customers {
        if random.chance(30_000) {
            continue;
        }
        let earned = if random.chance(20_000) { 0 } else { random.between(100, 30_000) };
        let since = world.options.today - random.between(1, 900);
        file.push(Membership {
            customer,
            tier: random.pick(&TIERS),
            earned,
            redeemed: random.between(0, earned),
            since,
            lifetime_cents: (!random.chance(10_000)).then(|| random.between(10_000, 2_000_000)),
            known: since * 86_400,
        })?;
    }
    file.finish(world)
}

#[derive(Clone)]
struct Ticket {
    id: u64,
    customer: u64,
    created: i64,
    resolved: Option<i64>,
    category: &'static str,
    priority: &'static str,
    status: &'static str,
    channel: &'static str,
    score: Option<i64>,
}

impl Versioned for Ticket {
    fn fields(&self, out: &mut Fields<'_>) {
        out.id("TKT", self.id).id("CUST", self.customer).timestamp(self.created);
        match self.resolved {
            Some(second) => out.timestamp(second),
            None => out.null(),
        };
        out.text(self.category).text(self.priority).text(self.status).text(self.channel);
        match self.score {
            Some(score) => out.integer(score),
            None => out.null(),
        };
    }

    fn change(&mut self, random: &mut Random) {
        self.status = random.pick(&["resolved", "closed"]);
        self.resolved = Some(self.created + random.between(3_600, 400_000));
        self.score = Some(random.between(1, 5));
    }

    fn known_from(&self) -> i64 {
        self.created
    }
}

fn tickets(world: &mut World<'_>) -> io::Result<()> {
    let mut random = world.random(3);
    let header = "ticket_id,customer_id,created_date,resolved_date,category,priority,status,channel,satisfaction_score";
    let mut file = VersionedFile::create(world, "customer/support_tickets.csv", header, 3)?;
    let customers = world.options.customers;
    for id in 1..=customers * 29 / 10 {
        let created = world.now() - random.between(86_400, 86_400 * 500);
        let status = random.pick(&["resolved", "resolved", "resolved", "closed", "in_progress", "open"]);
        let over = matches!(status, "resolved" | "closed");
        file.push(Ticket {
            id,
            customer: 1 + random.below(customers),
            created,
            resolved: over.then(|| created + random.between(3_600, 400_000)),
            category: random.pick(&["billing", "product", "shipping", "account", "technical"]),
            priority: random.pick(&["low", "medium", "medium", "high", "urgent"]),
            status,
            channel: random.pick(&["phone", "email", "chat", "store"]),
            score: (over && !random.chance(200_000)).then(|| random.between(1, 5)),
        })?;
    }
    file.finish(world)
}

#[derive(Clone)]
struct Session {
    id: u64,
    customer: u64,
    start: i64,
    minutes: i64,
    pages: i64,
    actions: i64,
    device: &'static str,
    version: i64,
}

impl Versioned for Session {
    fn fields(&self, out: &mut Fields<'_>) {
        out.id("USG", self.id).id("CUST", self.customer).date(self.start.div_euclid(86_400)).timestamp(self.start);
        out.integer(self.minutes).integer(self.pages).integer(self.actions).text(self.device);
        out.joined(&["3.", &self.version.to_string(), ".1"]);
    }

    fn change(&mut self, random: &mut Random) {
        self.minutes += random.between(1, 20);
        self.pages += random.between(0, 10);
    }

    fn known_from(&self) -> i64 {
        self.start
    }
}

fn sessions(world: &mut World<'_>) -> io::Result<()> {
    let mut random = world.random(4);
    let header = "usage_id,customer_id,session_date,session_start,session_duration_minutes,pages_viewed,actions_taken,\
                  device_type,app_version";
    let mut file = VersionedFile::create(world, "customer/app_usage.csv", header, 4)?;
    let customers = world.options.customers;
    for id in 1..=customers * 10 {
        let customer = 1 + random.below(customers);
        file.push(Session {
            id,
            // One customer in ten never opens the app.
            customer: if customer.is_multiple_of(10) { customer - 1 } else { customer },
            start: world.now() - random.between(60, 86_400 * 365),
            minutes: random.between(1, 60),
            pages: random.between(1, 25),
            actions: random.between(0, 18),
            device: random.pick(&["ios", "android", "web"]),
            version: random.between(0, 9),
        })?;
    }
    file.finish(world)
}
