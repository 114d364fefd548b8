//! products/: the catalog, stock and suppliers.

use super::{Versioned, VersionedFile, World};
use crate::generate::csv::Fields;
use crate::generate::random::Random;
use std::io;

const CATEGORIES: [(&str, &str); 13] = [
    ("Accessories", "Wallets"),
    ("Apparel", "Outerwear"),
    ("Bags & Luggage", "Backpacks"),
    ("Beauty", "Skincare"),
    ("Electronics", "Audio"),
    ("Footwear", "Running"),
    ("Health & Nutrition", "Supplements"),
    ("Home & Garden", "Tools"),
    ("Home & Kitchen", "Cookware"),
    ("Home & Office", "Desks"),
    ("Personal Care", "Shaving"),
    ("Sports & Fitness", "Yoga"),
    ("Toys & Games", "Puzzles"),
];
const ADJECTIVES: [&str; 8] = ["Quiet", "Bright", "Sturdy", "Light", "Soft", "Swift", "Plain", "Deep"];
const BRANDS: [&str; 16] = [
    "Alder", "Birch", "Cedar", "Dune", "Elm", "Fjord", "Grove", "Heath", "Isle", "Juniper", "Kelp", "Larch", "Moss",
    "Nettle", "Oak", "Pine",
];
const COLORS: [&str; 5] = ["Black", "White", "Navy", "Green", "N/A"];

/// The price of a product in cents: always the same for a seed, so that other files can know it.
pub(super) fn price(seed: u64, product: u64) -> i64 {
    Random::new(seed, product << 8 | 0xc0).between(500, 40_000)
}

#[derive(Clone)]
struct Product {
    id: u64,
    category: (&'static str, &'static str),
    adjective: &'static str,
    brand: &'static str,
    price: Option<i64>,
    cost: i64,
    grams: i64,
    color: &'static str,
    created: i64,
    status: &'static str,
}

impl Versioned for Product {
    fn fields(&self, out: &mut Fields<'_>) {
        out.id("PRD", self.id).joined(&[self.adjective, " ", self.category.1]);
        out.text(self.category.0).text(self.category.1).text(self.brand);
        match self.price {
            Some(cents) => out.cents(cents),
            None => out.null(),
        };
        out.cents(self.cost).decimal(self.grams, 3).text("20x15x8 cm").text(self.color).text("One Size");
        out.date(self.created).text(self.status);
    }

    fn change(&mut self, random: &mut Random) {
        self.price = self.price.map(|cents| cents * random.between(90, 115) / 100);
        self.status = random.pick(&["active", "seasonal", "discontinued"]);
    }

    fn known_from(&self) -> i64 {
        self.created * 86_400
    }
}

pub(super) fn write(world: &mut World<'_>) -> io::Result<()> {
    let mut random = world.random(10);
    let header = "product_id,product_name,category,subcategory,brand,price,cost,weight_kg,dimensions,color,size,\
                  created_date,status";
    let mut file = VersionedFile::create(world, "products/products.csv", header, 10)?;
    for id in 1..=world.products() {
        let cents = price(world.options.seed, id);
        file.push(Product {
            id,
            category: random.pick(&CATEGORIES),
            adjective: random.pick(&ADJECTIVES),
            brand: random.pick(&BRANDS),
            price: (!random.chance(5_000)).then_some(cents),
            cost: cents * random.between(40, 75) / 100,
            grams: random.between(50, 9_000),
            color: random.pick(&COLORS),
            created: world.options.today - random.between(30, 900),
            status: random.pick(&["active", "active", "active", "active", "seasonal", "discontinued"]),
        })?;
    }
    file.finish(world)?;
    inventory(world)?;
    suppliers(world)
}

fn inventory(world: &mut World<'_>) -> io::Result<()> {
    let mut random = world.random(11);
    let header = "inventory_id,product_id,location_id,stock_quantity,reserved_quantity,reorder_point,max_stock_level,\
                  last_updated";
    let mut file = world.plain("products/inventory.csv", header)?;
    let updated = world.now() - 5 * 86_400;
    for number in 1..=world.products() {
        let stock = random.between(0, 300);
        file.row(|out| {
            out.id("INV", number).id("PRD", number).id("WH", 1 + number % 5).integer(stock);
            out.integer(stock / 6).integer(50).integer(400).timestamp(updated);
        })?;
    }
    world.done(file)
}

fn suppliers(world: &mut World<'_>) -> io::Result<()> {
    let mut random = world.random(12);
    let mut file =
        world.plain("products/product_suppliers.csv", "product_id,supplier_id,is_primary,cost_price,lead_time_days")?;
    for product in 1..=world.products() {
        let cost = price(world.options.seed, product) * 6 / 10;
        for (rank, primary) in [(0, "true"), (1, "false")].into_iter().take(1 + (product % 2) as usize) {
            let days = random.between(3, 30);
            file.row(|out| {
                out.id("PRD", product).id("SUP", 1 + (product + rank) % 10).text(primary);
                out.cents(cost + 250 * rank as i64).integer(days);
            })?;
        }
    }
    world.done(file)?;
    let header = "supplier_id,supplier_name,contact_person,email,phone,address,country,payment_terms,quality_rating";
    let mut file = world.plain("products/suppliers.csv", header)?;
    for number in 1..=10 {
        let rating = random.between(300, 500);
        file.row(|out| {
            out.id("SUP", number).joined(&[BRANDS[number as usize], " Supply"]).text("Kim Doe");
            out.joined(&["orders@", BRANDS[number as usize], ".example"]).text("+1-555-0100").text("1 Dock Rd");
            out.text("USA").text("Net 30").decimal(rating, 2);
        })?;
    }
    world.done(file)
}
