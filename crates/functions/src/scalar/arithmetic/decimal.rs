//! Exact decimal arithmetic: computed in 128 bits where the result fits, else in 256, rounded half up to the scale of
//! the result; NULL where it needs more digits than the result has.

use crate::typing::DecimalType;
use arrow_buffer::i256;
use data::cast::numeric::rescale;
use data::text::number::fits;

/// Numbers to add or multiply: their scales and the result's.
#[derive(Clone, Copy)]
pub(super) struct Scales {
    pub(super) left: u8,
    pub(super) right: u8,
    pub(super) result: DecimalType,
}

impl Scales {
    fn finish(self, unscaled: i128, scale: u8) -> Option<i128> {
        let scaled = if scale == self.result.scale { unscaled } else { rescale(unscaled, scale, self.result.scale)? };
        fits(scaled, self.result.precision).then_some(scaled)
    }

    fn finish_wide(self, unscaled: i256, scale: u8) -> Option<i128> {
        let target = self.result.scale;
        let scaled = if target >= scale {
            unscaled.checked_mul(power(target - scale)?)?
        } else {
            rounded(unscaled, power(scale - target)?)?
        };
        scaled.to_i128().filter(|scaled| fits(*scaled, self.result.precision))
    }

    pub(super) fn add(self, left: i128, right: i128) -> Option<i128> {
        self.sum(left, right, i128::checked_add, i256::checked_add)
    }

    pub(super) fn subtract(self, left: i128, right: i128) -> Option<i128> {
        self.sum(left, right, i128::checked_sub, i256::checked_sub)
    }

    fn sum(
        self,
        left: i128,
        right: i128,
        narrow: impl Fn(i128, i128) -> Option<i128>,
        wide: impl Fn(i256, i256) -> Option<i256>,
    ) -> Option<i128> {
        let scale = self.left.max(self.right);
        let (up_left, up_right) = (scale - self.left, scale - self.right);
        let short = rescale(left, 0, up_left).zip(rescale(right, 0, up_right));
        match short.and_then(|(left, right)| narrow(left, right)) {
            Some(sum) => self.finish(sum, scale),
            None => {
                let left = i256::from_i128(left).checked_mul(power(up_left)?)?;
                let right = i256::from_i128(right).checked_mul(power(up_right)?)?;
                self.finish_wide(wide(left, right)?, scale)
            }
        }
    }

    pub(super) fn multiply(self, left: i128, right: i128) -> Option<i128> {
        let scale = self.left + self.right;
        match left.checked_mul(right) {
            Some(product) if scale <= 38 => self.finish(product, scale),
            _ => self.finish_wide(i256::from_i128(left).checked_mul(i256::from_i128(right))?, scale),
        }
    }

    /// The divisor is not zero.
    pub(super) fn divide(self, left: i128, right: i128) -> Option<i128> {
        // left / 10^s1 / (right / 10^s2) in units of 10^-s is left * 10^(s + s2 - s1) / right.
        let exponent = i32::from(self.result.scale) + i32::from(self.right) - i32::from(self.left);
        if let (Ok(up), true) = (u8::try_from(exponent), exponent <= 38)
            && let Some(dividend) = rescale(left, 0, up)
        {
            let (quotient, remainder) = (dividend.checked_div(right)?, dividend % right);
            let up = remainder.unsigned_abs() >= right.unsigned_abs() - remainder.unsigned_abs();
            let away = if (dividend < 0) == (right < 0) { 1 } else { -1 };
            let rounded = quotient + if up && remainder != 0 { away } else { 0 };
            return fits(rounded, self.result.precision).then_some(rounded);
        }
        let (mut dividend, mut divisor) = (i256::from_i128(left), i256::from_i128(right));
        match u8::try_from(exponent) {
            Ok(up) => dividend = dividend.checked_mul(power(up)?)?,
            Err(_) => divisor = divisor.checked_mul(power(exponent.unsigned_abs() as u8)?)?,
        }
        rounded(dividend, divisor)?.to_i128().filter(|quotient| fits(*quotient, self.result.precision))
    }

    /// The remainder with the dividend's sign, in the result's scale. The divisor is not zero.
    pub(super) fn remainder(self, left: i128, right: i128) -> Option<i128> {
        let scale = self.left.max(self.right);
        let left = i256::from_i128(left).checked_mul(power(scale - self.left)?)?;
        let right = i256::from_i128(right).checked_mul(power(scale - self.right)?)?;
        self.finish_wide(left.checked_rem(right)?, scale)
    }
}

fn power(exponent: u8) -> Option<i256> {
    i256::from_i128(10).checked_pow(u32::from(exponent))
}

fn rounded(dividend: i256, divisor: i256) -> Option<i256> {
    let (quotient, remainder) = (dividend.checked_div(divisor)?, dividend.checked_rem(divisor)?);
    let magnitude = |value: i256| if value < i256::ZERO { value.wrapping_neg() } else { value };
    let (remainder, size) = (magnitude(remainder), magnitude(divisor));
    if remainder == i256::ZERO || remainder < size.wrapping_sub(remainder) {
        return Some(quotient);
    }
    let positive = (dividend < i256::ZERO) == (divisor < i256::ZERO);
    if positive { quotient.checked_add(i256::ONE) } else { quotient.checked_sub(i256::ONE) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typing::{decimal_addition, decimal_division, decimal_modulo, decimal_multiplication};
    use proptest::prelude::*;

    /// Digits after the point at which the model computes: more than any operand or result has together.
    type Model = Vec<u32>;

    /// A decimal of any size as text, by schoolbook arithmetic on decimal digits: slow, and obviously exact.
    fn digits(value: i128) -> (bool, Model) {
        let text = value.unsigned_abs().to_string();
        (value < 0, text.bytes().rev().map(|byte| u32::from(byte - b'0')).collect())
    }

    fn product(left: &[u32], right: &[u32]) -> Model {
        let mut out = vec![0; left.len() + right.len() + 1];
        for (i, a) in left.iter().enumerate() {
            for (j, b) in right.iter().enumerate() {
                let mut at = i + j;
                let mut carry = a * b;
                while carry > 0 {
                    carry += out[at];
                    out[at] = carry % 10;
                    carry /= 10;
                    at += 1;
                }
            }
        }
        out
    }

    /// Rounds half up by dropping `drop` digits; nothing when more than `precision` digits are left.
    fn shortened(mut value: Model, drop: usize, precision: usize) -> Option<u128> {
        let up = drop > 0 && value.get(drop - 1).is_some_and(|digit| *digit >= 5);
        value = value.split_off(drop.min(value.len()));
        let mut at = 0;
        let mut carry = u32::from(up);
        while carry > 0 {
            if at == value.len() {
                value.push(0);
            }
            carry += value[at];
            value[at] = carry % 10;
            carry /= 10;
            at += 1;
        }
        while value.last() == Some(&0) {
            value.pop();
        }
        (value.len() <= precision).then(|| value.iter().rev().fold(0, |sum, digit| sum * 10 + u128::from(*digit)))
    }

    fn decimals() -> impl Strategy<Value = (i128, DecimalType)> {
        (1_u8..=38, any::<i128>()).prop_flat_map(|(precision, number)| {
            (0..=precision)
                .prop_map(move |scale| (number % 10_i128.pow(u32::from(precision)), DecimalType::new(precision, scale)))
        })
    }

    proptest! {
        #[test]
        fn products_agree_with_schoolbook_arithmetic((a, left) in decimals(), (b, right) in decimals()) {
            let result = decimal_multiplication(left, right);
            let scales = Scales { left: left.scale, right: right.scale, result };
            let ((a_negative, a_digits), (b_negative, b_digits)) = (digits(a), digits(b));
            let drop = usize::from(left.scale + right.scale - result.scale);
            let size = shortened(product(&a_digits, &b_digits), drop, usize::from(result.precision));
            let expect = size.map(|size| if a_negative == b_negative { size as i128 } else { -(size as i128) });
            prop_assert_eq!(scales.multiply(a, b), expect);
        }

        #[test]
        fn sums_and_differences_are_inverse((a, left) in decimals(), (b, right) in decimals()) {
            let result = decimal_addition(left, right);
            let scales = Scales { left: left.scale, right: right.scale, result };
            prop_assert_eq!(scales.add(a, b), scales.subtract(a, -b));
            if result.scale == left.scale.max(right.scale)
                && let Some(sum) = scales.add(a, b) {
                    let back = Scales { left: result.scale, right: right.scale, result: DecimalType::new(38, left.scale) };
                    prop_assert_eq!(back.subtract(sum, b), Some(a));
                }
        }

        #[test]
        fn quotients_are_nearest((a, left) in decimals(), (b, right) in decimals()) {
            prop_assume!(b != 0);
            let result = decimal_division(left, right);
            let scales = Scales { left: left.scale, right: right.scale, result };
            if let Some(quotient) = scales.divide(a, b) {
                // |a * 10^(s + s2) - q * b * 10^s1| is at most half of |b| * 10^s1.
                let scaled = |number: i128, zeros: u8| {
                    let mut digits = vec![0; usize::from(zeros)];
                    digits.extend(self::digits(number).1);
                    digits
                };
                let dividend = scaled(a, result.scale + right.scale);
                let made = product(&self::digits(quotient).1, &scaled(b, left.scale));
                let double = |value: &[u32]| product(value, &[2]);
                let difference = difference(&dividend, &made);
                prop_assert!(compare(&double(&difference), &scaled(b, left.scale)).is_le());
            }
        }

        #[test]
        fn remainders_are_smaller_than_the_divisor((a, left) in decimals(), (b, right) in decimals()) {
            prop_assume!(b != 0);
            let result = decimal_modulo(left, right);
            let scales = Scales { left: left.scale, right: right.scale, result };
            if let Some(rest) = scales.remainder(a, b) {
                prop_assert!(rest == 0 || (rest < 0) == (a < 0));
                prop_assert!(rest.unsigned_abs() < 10_u128.pow(u32::from(result.precision)));
            }
        }
    }

    fn compare(left: &[u32], right: &[u32]) -> std::cmp::Ordering {
        let length = left.len().max(right.len());
        let at = |digits: &[u32], index: usize| digits.get(index).copied().unwrap_or(0);
        (0..length)
            .rev()
            .map(|index| at(left, index).cmp(&at(right, index)))
            .find(|order| order.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    }

    fn difference(left: &[u32], right: &[u32]) -> Model {
        let (more, less) = if compare(left, right).is_ge() { (left, right) } else { (right, left) };
        let mut out = Vec::new();
        let mut borrow = 0;
        for index in 0..more.len().max(less.len()) {
            let mut digit =
                more.get(index).copied().unwrap_or(0) as i32 - less.get(index).copied().unwrap_or(0) as i32 - borrow;
            borrow = i32::from(digit < 0);
            digit += 10 * borrow;
            out.push(digit as u32);
        }
        out
    }
}
