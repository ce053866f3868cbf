#include "shared/base/secret_file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

class SecretFileTest : public ::testing::Test {
 protected:
  SecretFileTest() {
    path_ = "/tmp/crm-secret-XXXXXX";
    const int file = mkstemp(path_.data());
    EXPECT_EQ(write(file, "12345", 5), 5);
    close(file);
  }
  ~SecretFileTest() override { unlink(path_.c_str()); }

  std::string path_;
};

TEST_F(SecretFileTest, IsReadWhole) {
  const auto text = ReadSecretFile(path_, 5);

  ASSERT_THAT(text, IsOk());
  EXPECT_EQ(*text, "12345");
}

TEST_F(SecretFileTest, IsRefusedBeyondItsSize) {
  EXPECT_THAT(
      ReadSecretFile(path_, 4),
      StatusIs(absl::StatusCode::kFailedPrecondition, "FILE_TOO_LARGE"));
}

TEST_F(SecretFileTest, MustExist) {
  EXPECT_THAT(
      ReadSecretFile(path_ + "x", 4),
      StatusIs(absl::StatusCode::kFailedPrecondition, "FILE_UNREADABLE"));
}

TEST_F(SecretFileTest, IsRefusedWhenEverybodyMayReadOrWriteIt) {
  for (const mode_t mode : {0604, 0602, 0666, 0777, 0444}) {
    chmod(path_.c_str(), mode);
    EXPECT_THAT(
        ReadSecretFile(path_, 5),
        StatusIs(absl::StatusCode::kFailedPrecondition, "FILE_NOT_PRIVATE"));
    EXPECT_THAT(ReadWholeFile(path_, 5), IsOk());
  }
  for (const mode_t mode : {0400, 0440, 0600, 0660}) {
    chmod(path_.c_str(), mode);
    EXPECT_THAT(ReadSecretFile(path_, 5), IsOk());
  }
}

}  // namespace
}  // namespace crm
