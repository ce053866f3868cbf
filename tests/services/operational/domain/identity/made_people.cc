// MakePeople() of labelled_records.h.

#include <algorithm>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/services/operational/domain/identity/labelled_records.h"

namespace crm::operational::testing {
namespace {

constexpr int kGivenNames = 120;
constexpr int kSurnames = 600;
constexpr int kTowns = 80;
constexpr int kStreets = 400;

// Makes people up from numbers: the same number is the same name.
class Maker final {
 public:
  Maker(uint32_t seed, const ErrorRates& rates)
      : random_(seed), rates_(rates) {}

  int Below(int bound) {
    return std::uniform_int_distribution<int>(0, bound - 1)(random_);
  }

  bool Chance(double rate) {
    return std::uniform_real_distribution<double>(0, 1)(random_) < rate;
  }

  // Small numbers come more often, as common names do.
  int Common(int bound) { return Below(1 + Below(bound)); }

  static std::string Word(int kind, int number) {
    std::mt19937 letters(static_cast<uint32_t>(kind * 100'003 + number));
    static constexpr absl::string_view kSyllables[] = {
        "an",  "ber", "cor", "del", "er",  "fin", "gal",  "hol", "is",  "jun",
        "kal", "lem", "mar", "nor", "os",  "pet", "quin", "ros", "sal", "tor",
        "ul",  "ven", "wil", "yor", "zan", "ba",  "ce",   "di",  "lo",  "mu"};
    std::string word;
    const uint32_t syllables = 2 + letters() % 2;
    for (uint32_t i = 0; i < syllables; ++i) {
      absl::StrAppend(&word, kSyllables[letters() % 30]);
    }
    return word;
  }

  FieldValues Address() {
    const int town = Common(kTowns);
    return {{"street", absl::StrCat(Word(3, Below(kStreets)), " street ",
                                    1 + Below(120))},
            {"town", Word(4, town)},
            {"postcode", absl::StrCat(10'000 + town * 37 + Below(4))}};
  }

  std::string Phone() { return absl::StrFormat("+49%09d", Below(999'999'999)); }

  FieldValues Person() {
    FieldValues person = Address();
    person["given_name"] = Word(1, Common(kGivenNames));
    person["surname"] = Word(2, Common(kSurnames));
    Date(person);
    person["phone"] = Phone();
    return person;
  }

  void Date(FieldValues& person) {
    person["birth_date"] = absl::StrFormat("%04d%02d%02d", 1940 + Below(65),
                                           1 + Below(12), 1 + Below(28));
  }

  FieldValues Relative(FieldValues person) {
    person["given_name"] = Word(1, Common(kGivenNames));
    // Draws nothing where there are none, so that other sets stay as they are.
    if (rates_.twins == 0 || !Chance(rates_.twins)) Date(person);
    return person;
  }

  FieldValues Record(FieldValues person) {
    if (Chance(rates_.moved)) {
      for (auto& [field, value] : Address()) person[field] = value;
    }
    if (Chance(rates_.new_phone)) person["phone"] = Phone();
    if (Chance(rates_.other_name)) {
      person["given_name"] = Word(1, Common(kGivenNames));
    }
    if (rates_.nickname > 0 && Chance(rates_.nickname)) {
      std::string& given = person["given_name"];
      given.resize(std::min<size_t>(given.size(), 3));
    }
    if (rates_.swapped_names > 0 && Chance(rates_.swapped_names)) {
      std::swap(person["given_name"], person["surname"]);
    }
    if (Chance(rates_.swapped_date)) {
      std::string& date = person["birth_date"];
      date = date.substr(0, 4) + date.substr(6, 2) + date.substr(4, 2);
    }
    for (auto& [field, value] : person) {
      if (Chance(rates_.missing)) {
        value.clear();
      } else if (Chance(rates_.typo)) {
        Mistype(value);
      }
    }
    return person;
  }

 private:
  void Mistype(std::string& value) {
    const int place = Below(static_cast<int>(value.size()) - 1);
    const auto at = static_cast<size_t>(place);
    const bool digit = value[at] >= '0' && value[at] <= '9';
    const char other =
        static_cast<char>(digit ? '0' + Below(10) : 'a' + Below(26));
    switch (Below(4)) {
      case 0:
        std::swap(value[at], value[at + 1]);
        break;
      case 1:
        value.erase(at, 1);
        break;
      case 2:
        value.insert(at, 1, other);
        break;
      default:
        value[at] = other;
    }
  }

  std::mt19937 random_;
  ErrorRates rates_;
};

}  // namespace

LabelledRecords MakePeople(uint32_t seed, int people, const ErrorRates& rates) {
  Maker maker(seed, rates);
  LabelledRecords data;
  FieldValues person;
  for (int i = 0; i < people; ++i) {
    person = i % 3 == 2 ? maker.Relative(person) : maker.Person();
    const int records = maker.Chance(0.4) ? 2 + maker.Below(2) : 1;
    for (int k = 0; k < records; ++k) {
      data.records.push_back(
          {absl::StrCat("customers/", i, "-", k), maker.Record(person)});
      data.person.push_back(i);
    }
  }
  return data;
}

}  // namespace crm::operational::testing
