#include "shared/query/sql_value_codec.h"

#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::IsEmpty;

TEST(SqlValueCodec, GivesBackEveryType) {
  const std::vector<SqlValue> values = {SqlValue(),
                                        int64_t{0},
                                        std::numeric_limits<int64_t>::min(),
                                        -2.5,
                                        std::numeric_limits<double>::infinity(),
                                        std::string(),
                                        std::string("a\0b", 3),
                                        SqlBlob{"\xFF"},
                                        SqlBlob{}};

  EXPECT_THAT(DecodeSqlValues(EncodeSqlValues(values)), IsOkAndHolds(values));
  EXPECT_THAT(DecodeSqlValues(""), IsOkAndHolds(IsEmpty()));
}

TEST(SqlValueCodec, RefusesCutAndForeignBytes) {
  const std::string text = EncodeSqlValues({std::string("abc")});
  for (size_t i = 1; i < text.size(); ++i) {
    EXPECT_THAT(
        DecodeSqlValues(text.substr(0, i)),
        StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID"));
  }
  EXPECT_THAT(
      DecodeSqlValues("t\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
      StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID"));
  EXPECT_THAT(
      DecodeSqlValues("?12345678"),
      StatusIs(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID"));
}

}  // namespace
}  // namespace crm
