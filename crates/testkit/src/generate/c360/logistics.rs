//! logistics/: shipments, what carriers report of them, and where things are stored.

use super::World;
use super::sales::first;
use std::io;

/// Shipments are told of so many transactions only: no pipeline reads them.
const SHIPMENTS: usize = 500;

const REPORTS: [(&str, &str, &str); 4] = [
    ("picked_up", "Taken over", "IP"),
    ("in_transit", "At a hub", "DP"),
    ("out_for_delivery", "On the way", "OFD"),
    ("delivered", "Handed over", "DL"),
];

pub(super) fn write(world: &mut World<'_>) -> io::Result<()> {
    let transactions = first(world, SHIPMENTS)?;
    let mut random = world.random(30);
    let header = "shipment_id,transaction_id,tracking_number,carrier,service_level,origin_location,destination_address,\
                  weight_kg,dimensions,ship_date,estimated_delivery,actual_delivery,delivery_status,shipping_cost";
    let mut file = world.plain("logistics/shipments.csv", header)?;
    for transaction in &transactions {
        let (carrier, level) = (random.pick(&["UPS", "FedEx", "USPS"]), random.pick(&["standard", "expedited"]));
        let (tracking, days) = (random.next(), random.between(1, 6));
        let (grams, cents) = (random.between(100, 9_000), random.between(500, 4_000));
        let shipped = transaction.at.div_euclid(86_400) + 1;
        file.row(|out| {
            out.id("SHP", transaction.id).id("TXN", transaction.id);
            out.joined(&["9261", &format!("{tracking:020}")])
                .text(carrier)
                .text(level)
                .id("WH", 1 + transaction.id % 5);
            out.text("1 Main St").decimal(grams, 3).text("20x15x8 cm").date(shipped).date(shipped + 4);
            out.date(shipped + days).text("delivered").cents(cents);
        })?;
    }
    world.done(file)?;
    let header = "event_id,shipment_id,event_timestamp,event_type,location,description,carrier_status";
    let mut file = world.plain("logistics/tracking_events.csv", header)?;
    for transaction in &transactions {
        for (step, (event, description, status)) in (0u64..).zip(REPORTS) {
            let at = transaction.at + 86_400 + step as i64 * 40_000;
            file.row(|out| {
                out.id("EVT", transaction.id * 4 + step).id("SHP", transaction.id).timestamp(at).text(event);
                out.text("Omaha NE").text(description).text(status);
            })?;
        }
    }
    world.done(file)?;
    let header =
        "location_id,location_name,location_type,address,city,state,country,capacity_cubic_meters,manager_name";
    let mut file = world.plain("logistics/warehouse_locations.csv", header)?;
    for number in 1..=15 {
        let (prefix, kind) = if number <= 5 { ("WH", "warehouse") } else { ("ST", "store") };
        file.row(|out| {
            out.id(prefix, if number <= 5 { number } else { number - 5 }).joined(&["Location ", &number.to_string()]);
            out.text(kind).text("1 Dock Rd").text("Omaha").text("NE").text("USA").integer(600 * number as i64);
            out.text("Sam Roe");
        })?;
    }
    world.done(file)
}
