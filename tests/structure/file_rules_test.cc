#include "tests/structure/file_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace crm::structure {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(CheckIncludes, AcceptsLowerFloorsAndOtherLibraries) {
  const SourceFile file = {"shared/call/call.cc",
                           "#include \"shared/call/call.h\"\n"
                           "#include <vector>\n"
                           "#include \"absl/time/time.h\"\n"
                           "#include \"crm/internal/v1/event.pb.h\"\n"
                           "#include \"shared/base/clock.h\"\n"};

  EXPECT_THAT(CheckIncludes(file), IsEmpty());
}

TEST(CheckIncludes, NamesTheLineThatPointsUp) {
  const SourceFile file = {"shared/call/call.cc",
                           "#include \"shared/base/clock.h\"\n"
                           "#  include \"shared/rpc/server.h\"\n"};

  EXPECT_EQ(ToText(CheckIncludes(file)),
            "shared/call/call.cc:2: 'shared/call' must not include "
            "'shared/rpc/server.h': it is not of a lower floor.\n");
}

TEST(CheckIncludes, RefusesAnotherService) {
  const SourceFile file = {
      "services/analytical/app.cc",
      "#include \"services/operational/domain/order.h\"\n"};

  EXPECT_THAT(CheckIncludes(file), SizeIs(1));
}

TEST(CheckIncludes, RefusesAClientLibraryInBracketsAndInQuotes) {
  const SourceFile file = {"shared/events/relay.cc",
                           "#include <hiredis/hiredis.h>\n"
                           "#include \"hiredis/hiredis.h\"\n"};

  EXPECT_THAT(CheckIncludes(file),
              ElementsAre(Field(&Finding::line, 1), Field(&Finding::line, 2)));
}

TEST(CheckIncludes, TakesGeneratedMessagesForMessages) {
  const SourceFile file = {"gateway/local/reflection.cc",
                           "#include \"grpc/reflection/v1/reflection.pb.h\"\n"};

  EXPECT_THAT(CheckIncludes(file), IsEmpty());
}

TEST(CheckIncludes, RefusesPathsThatClimb) {
  const SourceFile file = {"shared/call/call.cc",
                           "#include \"../rpc/server.h\"\n"};

  EXPECT_THAT(CheckIncludes(file), SizeIs(1));
}

TEST(CheckIncludes, RefusesCodeOutsideEveryFolder) {
  EXPECT_THAT(CheckIncludes({"shared/loose.cc", ""}), SizeIs(1));
  EXPECT_THAT(CheckIncludes({"cmake/probe.cc", ""}), SizeIs(1));
}

TEST(CheckGuard, WantsThePathInCapitals) {
  const std::string good =
      "// A clock.\n\n#ifndef CRM_SHARED_BASE_CLOCK_H_\n"
      "#define CRM_SHARED_BASE_CLOCK_H_\n\n"
      "#endif  // CRM_SHARED_BASE_CLOCK_H_\n";

  EXPECT_THAT(CheckGuard({"shared/base/clock.h", good}), IsEmpty());
  EXPECT_THAT(CheckGuard({"shared/base/clocks.h", good}), SizeIs(1));
  EXPECT_THAT(CheckGuard({"shared/base/clock.h", "#pragma once\n"}), SizeIs(1));
  EXPECT_THAT(CheckGuard({"shared/base/clock.h", good + "int late;\n"}),
              SizeIs(1));
}

TEST(CheckSize, CountsLines) {
  const std::string most(kMaxLines, '\n');

  EXPECT_THAT(CheckSize({"shared/base/clock.cc", most}), IsEmpty());
  EXPECT_THAT(CheckSize({"shared/base/clock.cc", most + "\n"}), SizeIs(1));
  const std::string most_of_proto(kMaxProtoLines, '\n');
  EXPECT_THAT(CheckSize({"protos/crm/a.proto", most_of_proto}), IsEmpty());
  EXPECT_THAT(CheckSize({"protos/crm/a.proto", most_of_proto + "\n"}),
              SizeIs(1));
  EXPECT_THAT(CheckSize({"shared/base/CMakeLists.txt", most + "\n"}),
              IsEmpty());
}

TEST(CheckWritten, KnowsGeneratedCodeByNameAndByItsFirstLines) {
  EXPECT_THAT(CheckWritten({"shared/base/event.pb.h", ""}), SizeIs(1));
  EXPECT_THAT(CheckWritten({"tests/clients/event_pb2.py", ""}), SizeIs(1));
  EXPECT_THAT(CheckWritten({"shared/base/table.cc",
                            "// DO NOT "
                            "EDIT\nint x;\n"}),
              ElementsAre(Field(&Finding::what, HasSubstr("build folder"))));
  EXPECT_THAT(CheckWritten({"shared/base/clock.cc", "// A clock.\n"}),
              IsEmpty());
}

}  // namespace
}  // namespace crm::structure
