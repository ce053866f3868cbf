// What a rule learns from the resources of its type, and what it finds by that.

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/conformance/duplicate_fixture.h"

namespace crm::testing {
namespace {

using ::testing::AllOf;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Lt;

constexpr int kPeople = 180;

class DuplicateLearningRows : public DuplicateRows {
 protected:
  // The name of a number: different ones are not alike.
  static std::string Word(int number) {
    static constexpr absl::string_view kSyllables[] = {
        "bor", "cai", "dul", "fen", "gris", "hol", "jax",  "kem",
        "lop", "mir", "nus", "pel", "quo",  "rad", "sten", "tuv"};
    return absl::StrCat(kSyllables[number % 16], kSyllables[number / 16 % 16],
                        kSyllables[(number * 7 + 3) % 16]);
  }

  static v1::Contact PersonOf(int i) {
    const int family = i / 2;
    v1::Contact person;
    person.set_given_name(Word(i));
    person.set_family_name(Word(300 + family));
    person.set_display_name(
        absl::StrCat(person.given_name(), " ", person.family_name()));
    person.set_phone(absl::StrCat("+1415555", 1000 + family * 13));
    person.set_email(absl::StrCat(Word(i), i, "@example.com"));
    return person;
  }

  // The same person as somebody else wrote him down.
  static v1::Contact DoubleOf(int i) {
    v1::Contact person = PersonOf(i);
    std::string given = person.given_name();
    if (i % 2 == 1) std::swap(given[2], given[3]);
    person.set_given_name(given);
    if (i % 4 == 0) person.set_email("");
    if (i % 4 == 2) person.set_phone("");
    return person;
  }

  // Makes families of two with one surname and phone, of whom every third is
  // there twice.
  void MakeFamilies() {
    v1::BatchCreateContactsRequest batch;
    const auto add = [&](const std::string& id, v1::Contact person) {
      auto& request = *batch.add_requests();
      request.set_contact_id(id);
      *request.mutable_contact() = std::move(person);
    };
    for (int i = 0; i < kPeople; ++i) {
      add(absl::StrCat("p", 1000 + i), PersonOf(i));
      if (i % 3 == 0) add(absl::StrCat("q", 1000 + i), DoubleOf(i));
    }
    ASSERT_THAT(service_.client().Call<v1::BatchCreateContactsResponse>(
                    "crm.operational.v1.ContactService.BatchCreateContacts",
                    batch, {.token = admin_}),
                IsOk());
  }

  void MakeDraft() {
    Must<v1::DuplicateRule, v1::CreateDuplicateRuleRequest>(
        "DuplicateRuleService.CreateDuplicateRule",
        "duplicate_rule_id: 'people' duplicate_rule { display_name: 'People' "
        "resource_type: 'crm/Contact' terms { field: 'given_name' comparison: "
        "FUZZY weight: 1 } terms { field: 'family_name' comparison: FUZZY "
        "weight: 1 shared: true } terms { field: 'phone' comparison: PHONE "
        "weight: 1 shared: true } terms { field: 'email' comparison: EMAIL "
        "weight: 1 } block_keys { parts { field: 'phone' form: WHOLE } } "
        "block_keys { parts { field: 'family_name' form: SOUNDEX } } "
        "block_keys { parts { field: 'email' form: WHOLE } } "
        "threshold_millionths: 1 action: REPORT }");
  }

  v1::DuplicateRule Activate() {
    return Must<v1::DuplicateRule, v1::ActivateDuplicateRuleRequest>(
        "DuplicateRuleService.ActivateDuplicateRule",
        "name: 'duplicateRules/people'");
  }
};

TEST_F(DuplicateLearningRows, A40_ARuleLearnsToTellDoublesFromFamilies) {
  MakeFamilies();
  MakeDraft();

  const auto learnt = Learn("people");

  ASSERT_THAT(learnt, IsOk());
  const v1::DuplicateModel& model = learnt->model();
  ASSERT_EQ(model.weights_size(), 4);
  EXPECT_EQ(model.weights(0).field(), "given_name");
  // Relatives have the surname in common as doubles have, and no given name.
  EXPECT_THAT(model.weights(1).related_agrees(), AllOf(Gt(-1), Lt(1)));
  EXPECT_GT(model.weights(0).related_agrees(), 3);
  EXPECT_EQ(model.resource_count(), kPeople + kPeople / 3);

  Activate();
  ASSERT_THAT(Search("people"), IsOk());
  std::set<std::string> found;
  for (const Candidate& candidate : List()) {
    found.insert(candidate.pair());
  }
  std::set<std::string> doubles;
  for (int i = 0; i < kPeople; i += 3) {
    doubles.insert(
        absl::StrCat("contacts/p", 1000 + i, " contacts/q", 1000 + i));
  }
  EXPECT_EQ(found, doubles);
}

TEST_F(DuplicateLearningRows, A40_OtherTermsForgetWhatWasLearnt) {
  MakeFamilies();
  MakeDraft();
  ASSERT_THAT(Learn("people"), IsOk());
  const auto update = [this](const std::string& fields,
                             const std::string& mask) {
    return Must<v1::DuplicateRule, v1::UpdateDuplicateRuleRequest>(
        "DuplicateRuleService.UpdateDuplicateRule",
        absl::StrCat("duplicate_rule { name: 'duplicateRules/people' ", fields,
                     " } update_mask { paths: '", mask, "' }"));
  };

  EXPECT_TRUE(update("display_name: 'P'", "display_name").has_model());
  EXPECT_FALSE(update("block_keys { parts { field: 'phone' form: WHOLE } }",
                      "block_keys")
                   .has_model());
}

TEST_F(DuplicateLearningRows, A40_NothingIsLearntFromTooLittleOrInUse) {
  MakeDraft();

  const auto nothing = Learn("people");
  EXPECT_TRUE(absl::IsFailedPrecondition(nothing.status()));
  EXPECT_THAT(std::string(nothing.status().message()),
              HasSubstr("pairs to learn from"));

  Activate();
  const auto in_use = Learn("people");
  EXPECT_TRUE(absl::IsFailedPrecondition(in_use.status()));
  EXPECT_THAT(std::string(in_use.status().message()), HasSubstr("no draft"));
}

}  // namespace
}  // namespace crm::testing
