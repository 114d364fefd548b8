//! sales/: transactions, their lines, and sales by region and day.

use super::customer::CHANNELS;
use super::products::price;
use super::{Versioned, VersionedFile, World};
use crate::generate::csv::Fields;
use crate::generate::random::Random;
use std::io;

/// Transactions per customer, on average.
const PER_CUSTOMER: u64 = 20;

#[derive(Clone)]
pub(super) struct Transaction {
    pub(super) id: u64,
    pub(super) customer: u64,
    pub(super) at: i64,
    channel: &'static str,
    store: u64,
    payment: &'static str,
    subtotal: i64,
    discount: i64,
    status: &'static str,
}

impl Transaction {
    fn tax(&self) -> i64 {
        (self.subtotal * 8 + 50) / 100
    }
}

impl Versioned for Transaction {
    fn fields(&self, out: &mut Fields<'_>) {
        out.id("TXN", self.id).id("CUST", self.customer).timestamp(self.at).text(self.channel);
        match self.channel {
            "store" => out.id("ST", self.store),
            _ => out.null(),
        };
        out.text(self.payment).cents(self.subtotal).cents(self.tax()).cents(self.discount);
        out.cents(self.subtotal + self.tax() - self.discount).text("USD").text(self.status);
    }

    fn change(&mut self, random: &mut Random) {
        if random.chance(500_000) {
            self.status = random.pick(&["refunded", "cancelled"]);
        } else {
            self.discount = self.subtotal * random.between(0, 20) / 100;
        }
    }

    fn known_from(&self) -> i64 {
        self.at
    }
}

#[derive(Clone)]
struct Line {
    id: u64,
    transaction: u64,
    product: u64,
    quantity: i64,
    price: i64,
    discount: i64,
    at: i64,
}

impl Versioned for Line {
    fn fields(&self, out: &mut Fields<'_>) {
        out.id("ITM", self.id).id("TXN", self.transaction).id("PRD", self.product).integer(self.quantity);
        out.cents(self.price).cents(self.price * self.quantity).cents(self.discount);
    }

    fn change(&mut self, random: &mut Random) {
        self.quantity = random.between(1, 4);
    }

    fn known_from(&self) -> i64 {
        self.at
    }
}

pub(super) fn write(world: &mut World<'_>) -> io::Result<()> {
    let header = "transaction_id,customer_id,transaction_date,channel,store_id,payment_method,subtotal,tax_amount,\
                  discount_amount,total_amount,currency,status";
    let mut file = VersionedFile::create(world, "sales/transactions.csv", header, 20)?;
    each(world, |transaction, _| file.push(transaction))?;
    file.finish(world)?;
    let header = "item_id,transaction_id,product_id,quantity,unit_price,line_total,discount_applied";
    let mut file = VersionedFile::create(world, "sales/transaction_items.csv", header, 21)?;
    each(world, |_, lines| lines.into_iter().try_for_each(|line| file.push(line)))?;
    file.finish(world)?;
    regions(world)
}

/// Every transaction with its lines, in the order of ids. Both files are made by walking through the same ones twice.
fn each(world: &World<'_>, mut take: impl FnMut(Transaction, Vec<Line>) -> io::Result<()>) -> io::Result<()> {
    let mut random = world.random(20);
    let (customers, products, seed) = (world.options.customers, world.products(), world.options.seed);
    let mut line_id = 0;
    for id in 1..=customers * PER_CUSTOMER {
        // Newer transactions have higher numbers, and some customers were seen last long ago.
        let age = 86_400 * 540 * (customers * PER_CUSTOMER - id) / (customers * PER_CUSTOMER) + random.below(86_400);
        let regular = 1 + random.below(customers);
        let customer = if age < 86_400 * 90 && regular.is_multiple_of(4) { 1 + regular / 4 } else { regular };
        let at = world.now() - 1 - age as i64;
        let discounted = random.chance(300_000);
        let mut lines = Vec::new();
        for _ in 0..random.between(1, 4) {
            line_id += 1;
            let product = 1 + random.below(products);
            let (quantity, price) = (random.between(1, 3), price(seed, product));
            let discount = if discounted { quantity * price / 10 } else { 0 };
            lines.push(Line { id: line_id, transaction: id, product, quantity, price, discount, at });
        }
        let transaction = Transaction {
            id,
            customer,
            at,
            channel: random.pick(&CHANNELS),
            store: 1 + random.below(10),
            payment: random.pick(&["credit_card", "debit_card", "paypal", "cash", "gift_card"]),
            subtotal: lines.iter().map(|line| line.price * line.quantity).sum(),
            discount: lines.iter().map(|line| line.discount).sum(),
            status: if random.chance(40_000) { random.pick(&["cancelled", "refunded"]) } else { "completed" },
        };
        take(transaction, lines)?;
    }
    Ok(())
}

/// The first transactions, for the files that tell more of them.
pub(super) fn first(world: &World<'_>, count: usize) -> io::Result<Vec<Transaction>> {
    let mut found = Vec::new();
    let small = World { folder: world.folder, options: world.options, written: super::Written::default() };
    each(&small, |transaction, _| {
        if found.len() < count {
            found.push(transaction);
        }
        Ok(())
    })?;
    Ok(found)
}

fn regions(world: &mut World<'_>) -> io::Result<()> {
    let mut random = world.random(22);
    let header = "region_id,region_name,country,sales_date,total_revenue,total_transactions,average_order_value";
    let mut file = world.plain("sales/regional_sales.csv", header)?;
    let today = world.options.today;
    for day in today - 30..today {
        for (number, name) in ["North", "South", "East", "West", "Center"].into_iter().enumerate() {
            let count = random.between(20, 60);
            let revenue = count * random.between(15_000, 20_000);
            file.row(|out| {
                out.id("RGN", number as u64 + 1).text(name).text("USA").date(day).cents(revenue).integer(count);
                out.cents((revenue + count / 2) / count);
            })?;
        }
    }
    world.done(file)
}
