// Arithmetic on google.type.Money: whole numbers only, exact to nanos.
//
// An amount is held as a 128-bit count of nanos of its currency, so sums of
// 10^9 amounts of 10^18 units cannot overflow; results that a Money cannot hold
// are OUT_OF_RANGE. Sums never mix currencies. Nothing rounds unless the name
// says so. All functions are pure.

#ifndef CRM_SHARED_BASE_MONEY_H_
#define CRM_SHARED_BASE_MONEY_H_

#include <cstdint>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/type/money.pb.h"

namespace crm {

// Nanos of one unit.
inline constexpr int64_t kNanosPerUnit = 1'000'000'000;

// Returns OK if `money` is well formed (AIP-143): a currency of three
// upper-case letters, |nanos| below 10^9, units and nanos of one sign; else
// INVALID_ARGUMENT with a violation of `field`.
absl::Status ValidateMoney(const google::type::Money& money,
                           absl::string_view field);

// Returns the amount in nanos: 1.75 is 1'750'000'000.
absl::int128 ToNanos(const google::type::Money& money);

// Returns the Money of `nanos`, or OUT_OF_RANGE (AMOUNT_OUT_OF_RANGE) if its
// units do not fit 64 bits.
absl::StatusOr<google::type::Money> FromNanos(absl::string_view currency,
                                              absl::int128 nanos);

// Returns a + b, or INVALID_ARGUMENT (CURRENCY_MISMATCH) if the currencies
// differ. An amount without currency and value is the neutral element.
absl::StatusOr<google::type::Money> Add(const google::type::Money& a,
                                        const google::type::Money& b);

// Returns price x quantity x (1 - discount), where `discount` is in millionths
// (250'000 is 25 %) from none to all. Returns INVALID_ARGUMENT (INEXACT_AMOUNT)
// if the result is not a whole number of nanos, as it never rounds,
// INVALID_ARGUMENT (BAD_DISCOUNT) for a discount beyond 0 to 1'000'000, and
// OUT_OF_RANGE (AMOUNT_OUT_OF_RANGE) if price x quantity does not fit 128 bits.
absl::StatusOr<absl::int128> MultiplyExact(absl::int128 price_nanos,
                                           int64_t quantity,
                                           int32_t discount_millionths);

// Returns nanos x numerator / denominator, rounded half to even to whole nanos.
// Requires 0 <= numerator, 0 < denominator, and that nanos x numerator fits 128
// bits, as that of every Money and numbers to 10^10 does.
absl::int128 PartOf(absl::int128 nanos, int64_t numerator, int64_t denominator);

// Returns the amount as text, without zeros that say nothing: `1.75 USD`,
// `-0.000000001 EUR`, `3 USD`.
std::string FormatMoney(const google::type::Money& money);

}  // namespace crm

#endif  // CRM_SHARED_BASE_MONEY_H_
