#include "shared/query/filter_evaluator.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/dynamic_message.h"
#include "shared/query/filter.h"
#include "tests/shared/query/specimen_table.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using query_test::Specimen;

struct MatchCase {
  const char* filter;
  // In text format.
  const char* specimen;
  bool matches;
};

void PrintTo(const MatchCase& c, std::ostream* out) {
  *out << c.filter << " on " << c.specimen;
}

class MatchesTable : public ::testing::TestWithParam<MatchCase> {};

TEST_P(MatchesTable, AsExpected) {
  const absl::StatusOr<Filter> filter =
      Filter::Parse(GetParam().filter, Specimen::descriptor());

  ASSERT_THAT(filter, IsOk());
  EXPECT_EQ(filter->Matches(ParseSpecimen(GetParam().specimen)),
            GetParam().matches);
}

INSTANTIATE_TEST_SUITE_P(
    Strings, MatchesTable,
    ::testing::Values(
        MatchCase{"display_name=acme", "display_name: 'acme'", true},
        MatchCase{"displayName=acme", "display_name: 'acme'", true},
        MatchCase{"display_name=acme", "display_name: 'Acme'", false},
        MatchCase{"display_name:acme", "display_name: 'acme'", true},
        MatchCase{"display_name:acme", "display_name: 'acme inc'", false},
        MatchCase{"display_name=acme*", "display_name: 'acme inc'", true},
        MatchCase{"display_name:*inc", "display_name: 'acme inc'", true},
        MatchCase{"display_name!=*inc", "display_name: 'acme inc'", false},
        MatchCase{"display_name='a\\*'", "display_name: 'ab'", false},
        MatchCase{"display_name='a\\*'", "display_name: 'a*'", true},
        MatchCase{"display_name<b", "display_name: 'a'", true},
        MatchCase{"display_name<a", "display_name: 'B'", true},
        MatchCase{"display_name>z", "display_name: '\303\251'", true},
        MatchCase{"display_name=''", "", true},
        MatchCase{"display_name=*", "", true},
        MatchCase{"nickname=*", "", false},
        MatchCase{"nickname=*", "nickname: ''", true},
        MatchCase{"display_name='null'", "display_name: 'null'", true}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, MatchesTable,
    ::testing::Values(MatchCase{"count>=2", "count: 2", true},
                      MatchCase{"count>2", "count: 2", false},
                      MatchCase{"count<=-1", "count: -1", true},
                      MatchCase{"count<99999999999", "count: 2147483647", true},
                      MatchCase{"large>9223372036854775807",
                                "large: 9223372036854775808", true},
                      MatchCase{"large<1", "large: 18446744073709551615",
                                false},
                      MatchCase{"small=4294967295", "small: 4294967295", true},
                      MatchCase{"score=2.50", "score: 2.5", true},
                      MatchCase{"score=0", "score: -0.0", true},
                      MatchCase{"ratio=0.1", "ratio: 0.1", true},
                      MatchCase{"score<1", "score: nan", false},
                      MatchCase{"score!=1", "score: nan", true},
                      MatchCase{"score:*", "score: nan", false},
                      MatchCase{"score>1e308", "score: inf", true},
                      MatchCase{"active=true", "active: true", true},
                      MatchCase{"active=false", "", true},
                      MatchCase{"state=OPEN", "state: OPEN", true},
                      MatchCase{"state!=OPEN", "state: LOST", true},
                      MatchCase{"state=STATE_UNSPECIFIED", "", true}));

INSTANTIATE_TEST_SUITE_P(
    Times, MatchesTable,
    ::testing::Values(
        MatchCase{"create_time=2023-11-14T22:13:20Z",
                  "create_time { seconds: 1700000000 }", true},
        MatchCase{"create_time='2023-11-15T00:13:20+02:00'",
                  "create_time { seconds: 1700000000 nanos: 999 }", true},
        MatchCase{"create_time<2023-11-14T22:13:20.5Z",
                  "create_time { seconds: 1700000000 nanos: 499999999 }", true},
        MatchCase{"create_time<1969-12-31T23:59:59.5Z",
                  "create_time { seconds: -1 nanos: 400000000 }", true},
        MatchCase{"wait=1.5s", "wait { seconds: 1 nanos: 500000000 }", true},
        MatchCase{"wait=-0.5s", "wait { nanos: -500000000 }", true},
        MatchCase{"wait<20s", "wait { seconds: 19 }", true},
        MatchCase{"wait<20s", "", false}, MatchCase{"NOT wait<20s", "", true}));

INSTANTIATE_TEST_SUITE_P(
    Unset, MatchesTable,
    ::testing::Values(
        MatchCase{"count=0", "", true}, MatchCase{"count:*", "", false},
        MatchCase{"count:*", "count: 1", true}, MatchCase{"rank=0", "", false},
        MatchCase{"rank!=0", "", true}, MatchCase{"rank>-1", "", false},
        MatchCase{"NOT rank>-1", "", true},
        MatchCase{"rank:*", "rank: 0", true}, MatchCase{"rank=null", "", true},
        MatchCase{"rank!=null", "rank: 0", true},
        MatchCase{"display_name=null", "", true},
        MatchCase{"campaign:*", "campaign: ''", true},
        MatchCase{"campaign:*", "import_id: 1", false},
        MatchCase{"amount:*", "amount {}", true},
        MatchCase{"amount=null", "", true},
        MatchCase{"amount.units=0", "amount {}", true},
        MatchCase{"amount.units=0", "", false},
        MatchCase{"amount.units!=0", "", true},
        MatchCase{"amount:units", "amount {}", false},
        MatchCase{"amount:units", "amount { units: 1 }", true},
        MatchCase{"amount:nanos", "amount { nanos: 0 }", true},
        MatchCase{"parent.parent.count=2", "parent { parent { count: 2 } }",
                  true},
        MatchCase{"digest:*", "digest: 'x'", true},
        MatchCase{"digest:*", "", false}));

INSTANTIATE_TEST_SUITE_P(
    Collections, MatchesTable,
    ::testing::Values(
        MatchCase{"tags:vip", "tags: 'new' tags: 'vip'", true},
        MatchCase{"tags:vip", "tags: 'vips'", false},
        MatchCase{"tags:vip*", "tags: 'vips'", true},
        MatchCase{"NOT tags:vip", "", true}, MatchCase{"tags:*", "", false},
        MatchCase{"tags:*", "tags: ''", true}, MatchCase{"tags=null", "", true},
        MatchCase{"numbers:42", "numbers: 41 numbers: 42", true},
        MatchCase{"lines.product:a", "lines {} lines { product: 'a' }", true},
        MatchCase{"lines.price.units:3", "lines { price { units: 3 } }", true},
        MatchCase{"lines.price.units:0", "lines {}", false},
        MatchCase{"lines.notes:x", "lines { notes: 'y' notes: 'x' }", true},
        MatchCase{"labels:tier", "labels { key: 'tier' }", true},
        MatchCase{"labels:tier", "labels { key: 'other' }", false},
        MatchCase{"labels:*", "labels { key: 'other' }", true},
        MatchCase{"labels.tier:*", "labels { key: 'tier' }", true},
        MatchCase{"labels.tier=gold", "labels { key: 'tier' value: 'gold' }",
                  true},
        MatchCase{"labels.tier:gold", "labels { key: 'tier' value: 'gold' }",
                  true},
        MatchCase{"labels.tier!=gold", "", true},
        MatchCase{"labels.'a.b'=1", "labels { key: 'a.b' value: '1' }", true},
        MatchCase{"amounts.7.units=3", "amounts { key: 7 value { units: 3 } }",
                  true},
        MatchCase{"amounts:7", "amounts { key: 7 value {} }", true},
        MatchCase{"amounts.7:units", "amounts { key: 7 value { units: 3 } }",
                  true},
        MatchCase{"flags.true=5", "flags { key: true value: 5 }", true},
        MatchCase{"flags.false=5", "flags { key: true value: 5 }", false}));

INSTANTIATE_TEST_SUITE_P(
    Logic, MatchesTable,
    ::testing::Values(
        MatchCase{"count=1 OR count=2 total=3", "count: 1 total: 3", true},
        MatchCase{"count=1 OR count=2 total=3", "count: 1", false},
        MatchCase{"-(count=1 total=3)", "count: 1", true},
        MatchCase{"NOT NOT count=1", "count: 1", true}));

TEST(Evaluate, WorksOnDynamicMessages) {
  const absl::StatusOr<Filter> filter = Filter::Parse(
      "labels.tier=gold create_time>2020-01-01T00:00:00Z tags:a lines:*",
      Specimen::descriptor());
  ASSERT_THAT(filter, IsOk());
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> message(
      factory.GetPrototype(Specimen::descriptor())->New());

  EXPECT_FALSE(filter->Matches(*message));
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "labels { key: 'tier' value: 'gold' } create_time { seconds: 1700000000 }"
      "tags: 'a' lines {}",
      message.get()));
  EXPECT_TRUE(filter->Matches(*message));
}

}  // namespace
}  // namespace crm
