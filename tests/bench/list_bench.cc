// Measures lists and filters over many contacts, against the same over a
// hundredth of them.
//
//   list_bench [ROWS] [LISTS] [ROUNDS]
//
// Fills two services' stores, one with ROWS contacts (100000) and one with a
// hundredth, and then asks each question LISTS times (300) of both over gRPC,
// by one caller, in ROUNDS rounds (3). What matters is the ratio: a page should
// cost what is on it, not what it was taken from. A million rows take 1 GiB of
// the temporary folder.

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "crm/operational/v1/contact.pb.h"
#include "shared/base/clock.h"
#include "tests/bench/contact_store.h"
#include "tests/bench/figures.h"

namespace crm::bench {
namespace {

using ::crm::operational::v1::Contact;
using ::crm::operational::v1::ListContactsRequest;
using ::crm::operational::v1::ListContactsResponse;

constexpr int kTimesSmaller = 100;
constexpr int kPageSize = 50;

// The growth of p99 from ten thousand contacts to a million that is allowed.
constexpr Target kGrowth = {.floor = 3, .moonshot = 1.3};

// A store, how many contacts it holds, and some of them.
struct Side {
  explicit Side(int rows) : rows(rows) {
    store.Fill(0, rows, /*documents=*/false);
    sample = List("", "", 1000);
  }

  ListContactsResponse List(const std::string& filter,
                            const std::string& order_by, int page_size) {
    ListContactsRequest request;
    request.set_page_size(page_size);
    request.set_filter(filter);
    request.set_order_by(order_by);
    return store.Call<ListContactsResponse>(
        "crm.operational.v1.ContactService.ListContacts", request);
  }

  const Contact& Any(Words& words) const {
    return sample.contacts(words.Below(sample.contacts_size()));
  }

  ContactStore store;
  const int rows;
  ListContactsResponse sample;
};

struct Question {
  const char* name;
  std::function<std::string(const Side&, Words&)> filter;
  const char* order_by = "";
};

std::string All(const Side& /*side*/, Words& /*words*/) { return ""; }

std::vector<Question> Questions() {
  return {
      {"list of 50", All},
      {"list of 50, newest first", All, "create_time desc"},
      {"list of 50, by name", All, "display_name"},
      {"filter, one hit",
       [](const Side& side, Words& words) {
         return absl::StrCat("email = \"", side.Any(words).email(), "\"");
       }},
      {"filter, some hits",
       [](const Side& side, Words& words) {
         return absl::StrCat("display_name = \"",
                             side.Any(words).display_name(), "\"");
       }},
      {"filter, no hit",
       [](const Side&, Words&) {
         return std::string("email = \"nobody@example.com\"");
       }},
  };
}

// Asks `times` times and returns the 99th percentile in milliseconds.
double Measure(Side& side, const Question& question, int times,
               const Clock& clock, Words& words) {
  std::vector<double> millis;
  for (int i = 0; i < times; ++i) {
    const std::string filter = question.filter(side, words);
    const absl::Duration begin = clock.Monotonic();
    side.List(filter, question.order_by, kPageSize);
    millis.push_back(absl::ToDoubleMilliseconds(clock.Monotonic() - begin));
  }
  std::sort(millis.begin(), millis.end());
  return millis[millis.size() * 99 / 100];
}

void Run(int rows, int lists, int rounds) {
  const SystemClock clock;
  Side few(std::max(1, rows / kTimesSmaller));
  Side many(rows);
  Words words(7);
  Figures figures;
  // The first round warms up, and is not counted.
  for (int round = -1; round < rounds; ++round) {
    for (const Question& question : Questions()) {
      const double small = Measure(few, question, lists, clock, words);
      const double large = Measure(many, question, lists, clock, words);
      if (round < 0) continue;
      figures.Add(absl::StrCat(question.name, ", few, p99"), "ms", small);
      figures.Add(absl::StrCat(question.name, ", many, p99"), "ms", large);
    }
  }
  std::printf("%d contacts against %d\n", many.rows, few.rows);
  figures.Print();
  for (const Question& question : Questions()) {
    figures.PrintRatio(absl::StrCat(question.name, ", many, p99"),
                       absl::StrCat(question.name, ", few, p99"), kGrowth);
  }
}

}  // namespace
}  // namespace crm::bench

int main(int argc, char** argv) {
  using crm::bench::NumberOf;
  crm::bench::Run(std::max(1'000, NumberOf(argc, argv, 1, 100'000)),
                  NumberOf(argc, argv, 2, 300), NumberOf(argc, argv, 3, 3));
  return 0;
}
