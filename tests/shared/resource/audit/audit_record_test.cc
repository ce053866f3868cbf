#include "shared/resource/audit/audit_record.h"

#include <google/protobuf/text_format.h>

#include <map>
#include <set>

#include "tests/shared/resource/audit/chains.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::platform::v1::AuditEntry;
using ::crm::testing::IsOk;
using ::crm::testing::RandomEntry;
using ::crm::testing::StatusIs;
using ::google::protobuf::FieldDescriptor;

constexpr int kRecords = 20'000;

AuditEntry Entry(const char* text) {
  AuditEntry entry;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &entry));
  return entry;
}

TEST(AuditRecord, ComesBackFromItsBytes) {
  std::mt19937_64 random(20'261'127);
  for (int i = 0; i < 2'000; ++i) {
    const AuditRecord record{"acme", i, RandomEntry(random)};

    const auto back = ParseCanonicalBytes(CanonicalBytes(record));

    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(back->tenant, "acme");
    EXPECT_EQ(back->n, i);
    EXPECT_EQ(back->entry.SerializeAsString(),
              record.entry.SerializeAsString());
  }
}

// The texts are short and of few letters, so that values that run into each
// other would be found.
TEST(AuditRecord, TwoDifferentRecordsNeverHaveTheSameBytes) {
  std::mt19937_64 random(4);
  std::map<std::string, std::string> seen;
  for (int i = 0; i < kRecords; ++i) {
    AuditRecord record{
        i % 2 == 0 ? "a" : "aa", static_cast<int64_t>(random() % 3), {}};
    record.entry = RandomEntry(random);
    const std::string identity = record.tenant + "\n" +
                                 std::to_string(record.n) + "\n" +
                                 record.entry.SerializeAsString();

    const auto [other, is_new] = seen.emplace(CanonicalBytes(record), identity);

    EXPECT_TRUE(is_new || other->second == identity);
  }
}

TEST(AuditRecord, AMovedBorderBetweenValuesShows) {
  const auto bytes = [](const char* text) {
    return CanonicalBytes({"t", 1, Entry(text)});
  };
  const std::vector<std::string> all = {
      bytes("actor: 'ab'"),
      bytes("roles: 'ab'"),
      bytes("roles: 'a' roles: 'b'"),
      bytes("roles: 'b' roles: 'a'"),
      bytes("roles: 'ab' roles: ''"),
      bytes("actor: 'a' roles: 'b'"),
      bytes("resource_version: 1"),
      bytes("event_time {}"),
      bytes("event_time { seconds: 1 }"),
      bytes("event_time { nanos: 1 }"),
      bytes(""),
      CanonicalBytes({"t2", 1, {}}),
      CanonicalBytes({"t", 2, {}}),
  };
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
}

TEST(AuditRecord, NoOtherBytesStandForARecord) {
  const std::string good =
      CanonicalBytes({"acme", 3,
                      Entry("actor: 'a' resource_version: 2 "
                            "event_time { seconds: 5 }")});
  ASSERT_THAT(ParseCanonicalBytes(good), IsOk());
  for (size_t size = 0; size < good.size(); ++size) {
    // A cut between two fields leaves a shorter record, which is another one.
    const auto cut = ParseCanonicalBytes(good.substr(0, size));
    if (!cut.ok()) continue;
    EXPECT_EQ(CanonicalBytes(*cut), good.substr(0, size));
  }
  EXPECT_THAT(ParseCanonicalBytes(good + "x"),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_AUDIT_RECORD"));
  // A default that is written out, and fields in the wrong order.
  const std::string head = CanonicalBytes({"acme", 3, {}});
  const std::string actor =
      CanonicalBytes({"acme", 3, Entry("actor: 'a'")}).substr(head.size());
  const std::string method =
      CanonicalBytes({"acme", 3, Entry("method: 'm'")}).substr(head.size());
  EXPECT_THAT(ParseCanonicalBytes(head + actor + method), IsOk());
  for (const std::string& bad : {head + method + actor, head + actor + actor,
                                 head + std::string("\0\0\0\x03\0\0\0\0", 8)}) {
    EXPECT_THAT(
        ParseCanonicalBytes(bad),
        StatusIs(absl::StatusCode::kInvalidArgument, "BAD_AUDIT_RECORD"));
  }
}

TEST(AuditRecord, RandomBytesAreRefusedOrComeBack) {
  std::mt19937_64 random(9);
  const std::string good = CanonicalBytes({"acme", 3, RandomEntry(random)});
  for (int i = 0; i < 5'000; ++i) {
    std::string bytes = good;
    bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto record = ParseCanonicalBytes(bytes);
    if (!record.ok()) continue;
    EXPECT_EQ(CanonicalBytes(*record), bytes);
  }
}

// Types that the canonical form does not know would be left out of the hash.
TEST(AuditRecord, HashesEveryFieldOfAnEntry) {
  const auto* descriptor = AuditEntry::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto type = descriptor->field(i)->cpp_type();
    EXPECT_TRUE(type == FieldDescriptor::CPPTYPE_STRING ||
                type == FieldDescriptor::CPPTYPE_MESSAGE ||
                type == FieldDescriptor::CPPTYPE_INT64 ||
                type == FieldDescriptor::CPPTYPE_INT32 ||
                type == FieldDescriptor::CPPTYPE_ENUM ||
                type == FieldDescriptor::CPPTYPE_BOOL)
        << descriptor->field(i)->full_name();
    EXPECT_FALSE(descriptor->field(i)->is_map());
  }
}

TEST(AuditRecord, ChainsByTheHashBefore) {
  const std::string first = AuditHash(FirstAuditHash(), "one");

  EXPECT_EQ(first.size(), 32);
  EXPECT_NE(AuditHash(first, "two"), AuditHash(FirstAuditHash(), "two"));
}

}  // namespace
}  // namespace crm
