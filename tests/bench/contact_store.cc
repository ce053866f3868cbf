#include "tests/bench/contact_store.h"

#include <algorithm>
#include <ctime>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "services/operational/app.h"
#include "shared/base/clock.h"
#include "shared/base/status_macros.h"
#include "shared/resource/search_index.h"

namespace crm::bench {
namespace {

using ::crm::operational::v1::Contact;

constexpr int kGroup = 1000;
constexpr char kOtherTenant[] = "rival";
constexpr absl::Duration kPatience = absl::Minutes(5);

Contact ContactOf(int number, Words& words) {
  Contact contact;
  contact.set_name(ContactStore::NameOf(number));
  contact.set_uid(absl::StrCat(number));
  contact.set_given_name(words.Next());
  contact.set_family_name(words.Next());
  contact.set_display_name(
      absl::StrCat(contact.given_name(), " ", contact.family_name()));
  contact.set_email(absl::StrCat(contact.given_name(), number, "@example.org"));
  contact.set_etag("\"1\"");
  *contact.mutable_create_time() =
      ToTimestamp(absl::FromUnixSeconds(1'600'000'000 + number));
  *contact.mutable_update_time() = contact.create_time();
  return contact;
}

double CpuSeconds() {
  std::timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

std::string Words::Next() {
  static constexpr const char* kStarts[] = {"ber", "smi", "kov", "tan", "mul",
                                            "gar", "ros", "yam", "dub", "hal"};
  static constexpr const char* kMiddles[] = {"an", "el", "or", "it", "ub",
                                             "ag", "en", "ol", "is", "ar"};
  static constexpr const char* kEnds[] = {"son", "berg", "ski", "moto", "ez",
                                          "ard", "well", "ing", "man",  "ia"};
  return absl::StrCat(Pick(kStarts), Pick(kMiddles), Pick(kMiddles),
                      Pick(kEnds), random_() % 4 == 0 ? Pick(kEnds) : "");
}

int Words::Below(int bound) {
  return static_cast<int>(random_() % static_cast<uint32_t>(bound));
}

ContactStore::ContactStore()
    : service_(authority_, "operational", operational::MakeOperational),
      token_(authority_.Token(kTenant, "user:ada", {"everyone"})),
      contacts_(*service_.host().service().application.catalog().Find(
          Contact::descriptor())) {}

double ContactStore::Fill(int begin, int end, bool documents) {
  Words words(static_cast<uint32_t>(begin) + 1);
  const double cpu = CpuSeconds();
  for (int first = begin; first < end; first += kGroup) {
    std::vector<Contact> group;
    for (int i = first; i < std::min(first + kGroup, end); ++i) {
      group.push_back(ContactOf(i, words));
    }
    Require(service_.host().database().WriteAndWait(
        absl::Now() + kPatience, [&](SqlWriter& writer) -> absl::Status {
          for (const Contact& contact : group) {
            CRM_RETURN_IF_ERROR(Store(writer, contact, documents));
          }
          return absl::OkStatus();
        }));
  }
  return (CpuSeconds() - cpu) * 1e6 / (end - begin);
}

std::string ContactStore::NameOf(int number) {
  return absl::StrFormat("contacts/c%07d", number);
}

absl::Status ContactStore::Store(SqlWriter& writer, const Contact& contact,
                                 bool documents) const {
  const char* tenant = contact.uid().back() == '9' ? kOtherTenant : kTenant;
  CRM_RETURN_IF_ERROR(contacts_.table.Insert(writer, tenant, contact));
  if (!documents) return absl::OkStatus();
  return IndexResource(writer, tenant, contacts_, nullptr, contact);
}

}  // namespace crm::bench
