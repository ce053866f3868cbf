#include "shared/admission/token_buckets.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

Rates Scale(Rates rates, double share) {
  for (auto& [group, rate] : rates) {
    rate.per_second *= share;
    rate.burst = std::max(1.0, rate.burst * share);
  }
  return rates;
}

absl::Status BadRates(absl::string_view text) {
  return InvalidArgument("BAD_RATES",
                         absl::StrCat("'", text,
                                      "' is no rate of the form "
                                      "group=calls/s:burst, with s, m or h."));
}

// Returns the seconds of a unit, or 0.
double SecondsOf(absl::string_view unit) {
  if (unit == "s") return 1;
  if (unit == "m") return 60;
  return unit == "h" ? 3600 : 0;
}

bool ParsePositive(absl::string_view text, double& value) {
  return absl::SimpleAtod(text, &value) && value > 0 && value < 1e9;
}

}  // namespace

absl::StatusOr<Rates> ParseRates(absl::string_view text) {
  Rates rates;
  for (const absl::string_view item :
       absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const std::vector<absl::string_view> parts =
        absl::StrSplit(item, absl::ByAnyChar("=/:"));
    double calls = 0;
    double burst = 0;
    if (parts.size() != 4 || parts[0].empty() ||
        !ParsePositive(parts[1], calls) || SecondsOf(parts[2]) == 0 ||
        !ParsePositive(parts[3], burst) || burst < 1 ||
        item != absl::StrCat(parts[0], "=", parts[1], "/", parts[2], ":",
                             parts[3])) {
      return BadRates(item);
    }
    rates[std::string(parts[0])] = {.per_second = calls / SecondsOf(parts[2]),
                                    .burst = burst};
  }
  return rates;
}

TokenBuckets::TokenBuckets(Rates rates, double share)
    : rates_(Scale(std::move(rates), share)) {}

absl::Duration TokenBuckets::Take(absl::string_view tenant,
                                  absl::string_view principal,
                                  absl::string_view group, absl::Duration now) {
  const auto rate = rates_.find(group);
  if (rate == rates_.end()) return absl::ZeroDuration();
  const absl::string_view kEnd("\0", 1);
  const std::string key = absl::StrCat(tenant, kEnd, principal, kEnd, group);
  std::lock_guard lock(mutex_);
  if (buckets_.size() >= kMaxBuckets && !buckets_.contains(key)) MakeRoom(now);
  const auto [found, added] = buckets_.try_emplace(key);
  Bucket& bucket = found->second;
  if (added) {
    bucket = {
        .tokens = rate->second.burst, .filled = now, .rate = &rate->second};
  }
  Fill(bucket, now);
  if (bucket.tokens < 1) {
    return absl::Seconds((1 - bucket.tokens) / bucket.rate->per_second);
  }
  bucket.tokens -= 1;
  return absl::ZeroDuration();
}

size_t TokenBuckets::size() const {
  std::lock_guard lock(mutex_);
  return buckets_.size();
}

void TokenBuckets::Fill(Bucket& bucket, absl::Duration now) {
  const double seconds = absl::ToDoubleSeconds(now - bucket.filled);
  bucket.tokens = std::min(bucket.rate->burst,
                           bucket.tokens + seconds * bucket.rate->per_second);
  bucket.filled = now;
}

void TokenBuckets::MakeRoom(absl::Duration now) {
  absl::erase_if(buckets_, [now](auto& entry) {
    Fill(entry.second, now);
    return entry.second.tokens >= entry.second.rate->burst;
  });
  // Rather forget who called than refuse who did not.
  if (buckets_.size() >= kMaxBuckets) buckets_.clear();
}

}  // namespace crm
