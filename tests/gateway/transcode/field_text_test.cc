#include "gateway/transcode/field_text.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/wrappers.pb.h"
#include "gtest/gtest.h"

namespace crm::gateway {
namespace {

using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FileDescriptorProto;
using ::google::protobuf::Message;
using ::google::protobuf::TextFormat;

constexpr char kFile[] = R"pb(
  name: "sink.proto"
  package: "test"
  syntax: "proto3"
  dependency: "google/protobuf/timestamp.proto"
  dependency: "google/protobuf/duration.proto"
  dependency: "google/protobuf/field_mask.proto"
  dependency: "google/protobuf/wrappers.proto"
  enum_type {
    name: "Color"
    value { name: "COLOR_UNSPECIFIED" number: 0 }
    value { name: "RED" number: 1 }
  }
  message_type {
    name: "Sink"
    field { name: "i32" number: 1 type: TYPE_INT32 }
    field { name: "i64" number: 2 type: TYPE_SINT64 }
    field { name: "u32" number: 3 type: TYPE_FIXED32 }
    field { name: "u64" number: 4 type: TYPE_UINT64 }
    field { name: "f" number: 5 type: TYPE_FLOAT }
    field { name: "d" number: 6 type: TYPE_DOUBLE }
    field { name: "b" number: 7 type: TYPE_BOOL }
    field { name: "s" number: 8 type: TYPE_STRING }
    field { name: "raw" number: 9 type: TYPE_BYTES }
    field { name: "color" number: 10 type: TYPE_ENUM type_name: ".test.Color" }
    field {
      name: "sub_sink"
      number: 11
      type: TYPE_MESSAGE
      type_name: ".test.Sink"
    }
    field {
      name: "time"
      number: 12
      type: TYPE_MESSAGE
      type_name: ".google.protobuf.Timestamp"
    }
    field {
      name: "span"
      number: 13
      type: TYPE_MESSAGE
      type_name: ".google.protobuf.Duration"
    }
    field {
      name: "mask"
      number: 14
      type: TYPE_MESSAGE
      type_name: ".google.protobuf.FieldMask"
    }
    field {
      name: "maybe"
      number: 15
      type: TYPE_MESSAGE
      type_name: ".google.protobuf.Int64Value"
    }
    field { name: "list" number: 16 type: TYPE_INT32 label: LABEL_REPEATED }
    field {
      name: "colors"
      number: 17
      type: TYPE_ENUM
      type_name: ".test.Color"
      label: LABEL_REPEATED
    }
    field {
      name: "times"
      number: 18
      type: TYPE_MESSAGE
      type_name: ".google.protobuf.Timestamp"
      label: LABEL_REPEATED
    }
  }
)pb";

class SetFieldFromTextTest : public ::testing::Test {
 protected:
  SetFieldFromTextTest() : pool_(DescriptorPool::generated_pool()) {
    // Their descriptors must be linked.
    google::protobuf::Timestamp::descriptor();
    google::protobuf::Duration::descriptor();
    google::protobuf::FieldMask::descriptor();
    google::protobuf::Int64Value::descriptor();
    FileDescriptorProto file;
    EXPECT_TRUE(TextFormat::ParseFromString(kFile, &file));
    const auto* built = pool_.BuildFile(file);
    EXPECT_NE(built, nullptr);
    message_.reset(factory_.GetPrototype(built->message_type(0))->New());
  }

  // Sets a field and returns the message as text, or what was wrong.
  std::string Set(const std::string& path, const std::string& text) {
    message_->Clear();
    const FieldPath fields = FindFieldPath(*message_->GetDescriptor(), path);
    EXPECT_FALSE(fields.empty());
    if (auto bad = SetFieldFromText(*message_, fields, text)) return *bad;
    return message_->ShortDebugString();
  }

  DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_;
  std::unique_ptr<Message> message_;
};

TEST_F(SetFieldFromTextTest, SetsEveryKindOfValue) {
  struct Case {
    std::string path;
    std::string text;
    std::string message;
  };
  for (const Case& c : std::vector<Case>{
           {"i32", "-2147483648", "i32: -2147483648"},
           {"i64", "9223372036854775807", "i64: 9223372036854775807"},
           {"u32", "4294967295", "u32: 4294967295"},
           {"u64", "18446744073709551615", "u64: 18446744073709551615"},
           {"f", "1.5", "f: 1.5"},
           {"d", "-2e3", "d: -2000"},
           {"d", "Infinity", "d: inf"},
           {"b", "true", "b: true"},
           {"s", "a \"b\"", "s: \"a \\\"b\\\"\""},
           {"raw", "_-8=", "raw: \"\\377\\357\""},
           {"raw", "/+8", "raw: \"\\377\\357\""},
           {"color", "RED", "color: RED"},
           {"color", "1", "color: RED"},
           {"subSink.sub_sink.s", "x", "sub_sink { sub_sink { s: \"x\" } }"},
           {"time", "2017-01-02T03:04:05Z", "time { seconds: 1483326245 }"},
           {"span", "1.5s", "span { seconds: 1 nanos: 500000000 }"},
           {"mask", "displayName,a.bC",
            "mask { paths: \"display_name\" paths: \"a.b_c\" }"},
           {"mask", "display_name", "mask { paths: \"display_name\" }"},
           {"mask", "*", "mask { paths: \"*\" }"},
           {"maybe", "7", "maybe { value: 7 }"},
           {"list", "3", "list: 3"},
           {"colors", "RED", "colors: RED"},
           {"times", "1970-01-01T00:00:01Z", "times { seconds: 1 }"}}) {
    SCOPED_TRACE(c.path + "=" + c.text);
    EXPECT_EQ(Set(c.path, c.text), c.message);
  }
}

TEST_F(SetFieldFromTextTest, RefusesWhatIsNoSuchValue) {
  struct Case {
    std::string path;
    std::vector<std::string> texts;
  };
  for (const Case& c : std::vector<Case>{
           {"i32", {"", " 1", "1 ", "+1", "1.0", "0x1", "2147483648", "one"}},
           {"i64", {"9223372036854775808"}},
           {"u32", {"-1", "4294967296"}},
           {"u64", {"-1"}},
           {"d", {"", "nan", "inf", "1e999", " 1", "1 ", "0x1p3x"}},
           {"b", {"", "1", "True", "yes"}},
           {"raw", {"*"}},
           {"color", {"", "red", "2"}},
           {"sub_sink", {"", "{}"}},
           {"time", {"", "yesterday", "2017-01-02", "\"", "x\\"}},
           {"span", {"", "1", "1m"}},
           {"maybe", {"", "x"}},
           {"list", {"1,2"}}}) {
    for (const std::string& text : c.texts) {
      SCOPED_TRACE(c.path + "=" + text);
      EXPECT_THAT(Set(c.path, text), ::testing::HasSubstr("The "));
    }
  }
}

}  // namespace
}  // namespace crm::gateway
