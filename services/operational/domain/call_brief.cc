#include "services/operational/domain/call_brief.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "google/type/date.pb.h"
#include "shared/base/clock.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

using ::google::protobuf::RepeatedPtrField;
using ::google::type::Money;
using Figure = v1::BriefFigure;

constexpr char kScores[] = "SCORES";
// Models of lifetime value are of all customers at once, and there are no
// tickets.
constexpr const char* kWithoutSource[] = {"VALUE_TIER", "CHURN_PROBABILITY",
                                          "OPEN_TICKETS"};
constexpr char kDenied[] = "PERMISSION_DENIED";
constexpr int kMaxItems = 10;
constexpr int kMaxContacts = 5;
constexpr int kMaxSources = 100;
constexpr absl::Duration kDay = absl::Hours(24);
constexpr absl::Duration kQuoteIsPressing = absl::Hours(7 * 24);
constexpr absl::Duration kSilenceIsLong = absl::Hours(30 * 24);

// A day counts to its end.
absl::Time EndOf(const google::type::Date& date) {
  const absl::CivilDay day(date.year(), date.month(), date.day());
  return absl::FromCivil(absl::CivilDay(day + 1), absl::UTCTimeZone());
}

bool IsContact(const v1::Activity& activity) {
  return activity.state() == v1::Activity::DONE &&
         (activity.kind() == v1::Activity::CALL ||
          activity.kind() == v1::Activity::MEETING ||
          activity.kind() == v1::Activity::VISIT);
}

bool IsOpen(const v1::Activity& activity) {
  return activity.kind() != v1::Activity::NOTE &&
         (activity.state() == v1::Activity::PLANNED ||
          activity.state() == v1::Activity::IN_PROGRESS);
}

template <typename T>
v1::BriefItem ItemOf(const T& record, const std::string& title,
                     const std::string& state) {
  v1::BriefItem item;
  item.set_source(record.name());
  item.set_title(title);
  item.set_state(state);
  *item.mutable_as_of_time() = record.update_time();
  return item;
}

v1::BriefItem ItemOf(const v1::Opportunity& opportunity) {
  v1::BriefItem item =
      ItemOf(opportunity, opportunity.display_name(),
             opportunity.stage().empty()
                 ? v1::Opportunity::State_Name(opportunity.state())
                 : opportunity.stage());
  if (opportunity.has_amount()) *item.mutable_amount() = opportunity.amount();
  if (opportunity.has_close_date()) {
    *item.mutable_time() = ToTimestamp(EndOf(opportunity.close_date()));
  }
  return item;
}

v1::BriefItem ItemOf(const v1::Quote& quote) {
  v1::BriefItem item =
      ItemOf(quote, quote.quote_number(), v1::Quote::State_Name(quote.state()));
  if (quote.totals().has_total()) {
    *item.mutable_amount() = quote.totals().total();
  }
  if (quote.has_expire_time()) *item.mutable_time() = quote.expire_time();
  return item;
}

v1::BriefItem ItemOf(const v1::Order& order) {
  v1::BriefItem item =
      ItemOf(order, order.order_number(), v1::Order::State_Name(order.state()));
  if (order.has_total()) *item.mutable_amount() = order.total();
  return item;
}

v1::BriefItem ItemOf(const v1::Activity& activity) {
  v1::BriefItem item = ItemOf(activity, activity.subject(),
                              v1::Activity::State_Name(activity.state()));
  if (activity.state() == v1::Activity::DONE) {
    *item.mutable_time() = activity.complete_time();
  } else if (activity.has_due_time()) {
    *item.mutable_time() = activity.due_time();
  } else if (activity.has_start_time()) {
    *item.mutable_time() = activity.start_time();
  }
  return item;
}

absl::Time TimeOf(const v1::BriefItem& item) {
  return item.has_time() ? FromTimestamp(item.time()) : absl::InfiniteFuture();
}

// Returns the items of those of `records` that `is_wanted` is true of, those
// with the earliest time first and those without one last.
template <typename T, typename IsWanted>
std::vector<v1::BriefItem> ItemsOf(const std::vector<T>& records,
                                   const IsWanted& is_wanted) {
  std::vector<v1::BriefItem> items;
  for (const T& record : records) {
    if (is_wanted(record)) items.push_back(ItemOf(record));
  }
  std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) {
    return TimeOf(a) != TimeOf(b) ? TimeOf(a) < TimeOf(b)
                                  : a.source() < b.source();
  });
  return items;
}

void Show(const std::vector<v1::BriefItem>& items, int most,
          RepeatedPtrField<v1::BriefItem>& shown) {
  for (const v1::BriefItem& item : items) {
    if (shown.size() == most) return;
    *shown.Add() = item;
  }
}

// Adds figures to a brief.
class Figures {
 public:
  Figures(v1::CallBrief& brief, absl::Time now) : brief_(brief), now_(now) {}

  Figure& Count(Figure::Kind kind, const std::vector<v1::BriefItem>& items) {
    Figure& figure = *brief_.add_figures();
    figure.set_kind(kind);
    figure.set_count(static_cast<int64_t>(items.size()));
    for (const v1::BriefItem& item : items) AddSource(item, figure);
    if (items.empty()) {
      figure.add_sources(brief_.customer());
      *figure.mutable_as_of_time() = ToTimestamp(now_);
    }
    return figure;
  }

  // Adds one sum for each currency.
  absl::Status Sum(Figure::Kind kind, const std::vector<v1::BriefItem>& items) {
    std::map<std::string, absl::int128> sums;
    for (const v1::BriefItem& item : items) {
      if (item.has_amount()) {
        sums[item.amount().currency_code()] += ToNanos(item.amount());
      }
    }
    for (const auto& [currency, nanos] : sums) {
      Figure& figure = *brief_.add_figures();
      figure.set_kind(kind);
      CRM_ASSIGN_OR_RETURN(*figure.mutable_amount(),
                           FromNanos(currency, nanos));
      for (const v1::BriefItem& item : items) {
        if (item.has_amount() && item.amount().currency_code() == currency) {
          AddSource(item, figure);
        }
      }
    }
    return absl::OkStatus();
  }

 private:
  static void AddSource(const v1::BriefItem& item, Figure& figure) {
    if (figure.sources_size() < kMaxSources) figure.add_sources(item.source());
    if (!figure.has_as_of_time() ||
        FromTimestamp(figure.as_of_time()) < FromTimestamp(item.as_of_time())) {
      *figure.mutable_as_of_time() = item.as_of_time();
    }
  }

  v1::CallBrief& brief_;
  const absl::Time now_;
};

// What a brief has, for the choice of what to do next.
struct OpenItems {
  std::vector<v1::BriefItem> overdue;
  std::vector<v1::BriefItem> quotes;
  std::vector<v1::BriefItem> opportunities;
  std::vector<v1::BriefItem> contacts;
};

void ChooseAction(const OpenItems& open, absl::Time now, v1::CallBrief& brief) {
  const auto choose = [&](v1::BriefAction::Kind kind,
                          const v1::BriefItem& item) {
    brief.mutable_next_action()->set_kind(kind);
    brief.mutable_next_action()->set_source(item.source());
    *brief.mutable_next_action()->mutable_as_of_time() = item.as_of_time();
  };
  const bool is_silent = open.contacts.empty() ||
                         TimeOf(open.contacts.back()) < now - kSilenceIsLong;
  if (!open.overdue.empty()) {
    choose(v1::BriefAction::DO_OVERDUE_ACTIVITY, open.overdue.front());
  } else if (!open.quotes.empty() &&
             TimeOf(open.quotes.front()) < now + kQuoteIsPressing) {
    choose(v1::BriefAction::ASK_ABOUT_QUOTE, open.quotes.front());
  } else if (!open.opportunities.empty() &&
             TimeOf(open.opportunities.front()) < now) {
    choose(v1::BriefAction::REVIEW_OPPORTUNITY, open.opportunities.front());
  } else if (is_silent && !open.opportunities.empty()) {
    choose(v1::BriefAction::GET_IN_TOUCH, open.opportunities.front());
  }
}

void AddGap(const std::string& part, const std::string& reason,
            v1::CallBrief& brief) {
  v1::BriefGap& gap = *brief.add_partial();
  gap.set_part(part);
  gap.set_reason(reason);
}

// Shows what the slice tells. A customer without orders has no scores.
void ShowScores(const profile::v1::Slice& slice, v1::CallBrief& brief) {
  using Score = v1::BriefScore;
  const profile::v1::ScoresSlice& scores = slice.scores();
  if (scores.frequency() == 0) return;
  const auto add = [&](Score::Kind kind, int64_t value) -> Score& {
    Score& score = *brief.add_scores();
    score.set_kind(kind);
    score.set_value(value);
    *score.mutable_as_of_time() = scores.as_of_time();
    score.set_source(absl::StrCat(brief.customer(), "/profile"));
    score.set_stale(slice.state() == profile::v1::Slice::STALE);
    return score;
  };
  add(Score::RECENCY_DAYS, scores.recency_days());
  add(Score::FREQUENCY, scores.frequency());
  *add(Score::MONETARY, 0).mutable_amount() = scores.monetary();
  add(Score::RECENCY_SCORE, scores.recency_score());
  add(Score::FREQUENCY_SCORE, scores.frequency_score());
  add(Score::MONETARY_SCORE, scores.monetary_score());
  add(Score::RFM_CELL, scores.recency_score() * 100 +
                           scores.frequency_score() * 10 +
                           scores.monetary_score());
}

void AddScores(const std::optional<profile::v1::Slice>& slice,
               v1::CallBrief& brief) {
  if (!slice.has_value()) {
    AddGap(kScores, kDenied, brief);
  } else if (slice->has_scores()) {
    ShowScores(*slice, brief);
  } else {
    AddGap(kScores,
           slice->reason().empty()
               ? profile::v1::Slice::State_Name(slice->state())
               : slice->reason(),
           brief);
  }
}

}  // namespace

absl::StatusOr<v1::CallBrief> MakeCallBrief(const BriefRecords& records,
                                            absl::Time now) {
  v1::CallBrief brief;
  brief.set_customer(records.customer.name());
  brief.set_display_name(records.customer.display_name());
  OpenItems open;
  open.opportunities = ItemsOf(records.opportunities, [](const auto& record) {
    return record.state() == v1::Opportunity::OPEN;
  });
  open.quotes = ItemsOf(records.quotes, [](const auto& record) {
    return record.state() == v1::Quote::SENT;
  });
  open.contacts = ItemsOf(records.activities, IsContact);
  const std::vector<v1::BriefItem> orders =
      ItemsOf(records.orders, [](const auto& record) {
        return record.state() == v1::Order::CONFIRMED;
      });
  const std::vector<v1::BriefItem> activities =
      ItemsOf(records.activities, IsOpen);
  for (const v1::BriefItem& item : activities) {
    if (TimeOf(item) < now) open.overdue.push_back(item);
  }

  Figures figures(brief, now);
  figures.Count(Figure::OPEN_OPPORTUNITIES, open.opportunities);
  CRM_RETURN_IF_ERROR(
      figures.Sum(Figure::OPEN_OPPORTUNITY_AMOUNT, open.opportunities));
  figures.Count(Figure::OPEN_QUOTES, open.quotes);
  CRM_RETURN_IF_ERROR(figures.Sum(Figure::OPEN_QUOTE_AMOUNT, open.quotes));
  figures.Count(Figure::OPEN_ACTIVITIES, activities);
  figures.Count(Figure::OVERDUE_ACTIVITIES, open.overdue);
  figures.Count(Figure::CONFIRMED_ORDERS, orders);
  CRM_RETURN_IF_ERROR(figures.Sum(Figure::CONFIRMED_ORDER_AMOUNT, orders));
  if (!open.contacts.empty()) {
    figures.Count(Figure::DAYS_SINCE_CONTACT, {open.contacts.back()})
        .set_count((now - TimeOf(open.contacts.back())) / kDay);
  }

  Show(open.opportunities, kMaxItems, *brief.mutable_open_opportunities());
  Show(open.quotes, kMaxItems, *brief.mutable_open_quotes());
  Show(activities, kMaxItems, *brief.mutable_open_activities());
  std::vector<v1::BriefItem> latest = open.contacts;
  std::reverse(latest.begin(), latest.end());
  Show(latest, kMaxContacts, *brief.mutable_last_contacts());
  ChooseAction(open, now, brief);
  AddScores(records.scores, brief);
  for (const std::string& collection : records.denied) {
    AddGap(collection, kDenied, brief);
  }
  for (const char* part : kWithoutSource) brief.add_missing(part);
  return brief;
}

}  // namespace crm::operational
