#include "shared/resource/audit/record_reads.h"

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "crm/api/annotations.pb.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/message.h"
#include "google/protobuf/wire_format_lite.h"
#include "shared/reflect/field_access.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::internal::WireFormatLite;

bool Holds(const Descriptor& type, std::set<const Descriptor*>& seen) {
  if (!seen.insert(&type).second) return false;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.options().GetExtension(crm::api::field).erasure() ==
        crm::api::FieldRule::ERASE) {
      return true;
    }
    const Descriptor* part = field.message_type();
    if (part != nullptr && Holds(*part, seen)) return true;
  }
  return false;
}

const std::string& TypeOf(const Descriptor& message) {
  return message.options().GetExtension(google::api::resource).type();
}

// What a method shows.
struct Shown {
  std::string resource_type;
  // The number of the answer's field with the resources; 0 where the answer is
  // one resource, or something else.
  int items = 0;
  // Whether resources are asked for by a filter, not by name.
  bool listed = false;
};

Shown ShownBy(const MethodInfo& method) {
  const Descriptor& answer = *method.descriptor->output_type();
  Shown shown;
  shown.resource_type = TypeOf(answer);
  shown.listed =
      method.descriptor->input_type()->FindFieldByName("filter") != nullptr;
  for (int i = 0; i < answer.field_count(); ++i) {
    const FieldDescriptor& field = *answer.field(i);
    if (field.is_repeated() && field.message_type() != nullptr &&
        HoldsPersonalData(*field.message_type())) {
      shown.items = field.number();
      if (shown.resource_type.empty()) {
        shown.resource_type = TypeOf(*field.message_type());
      }
      break;
    }
  }
  return shown;
}

// Counts the fields numbered `items` in a message, which need no parsing.
int64_t CountItems(const std::string& bytes, int items) {
  google::protobuf::io::CodedInputStream input(
      reinterpret_cast<const uint8_t*>(bytes.data()),
      static_cast<int>(bytes.size()));
  int64_t count = 0;
  while (const uint32_t tag = input.ReadTag()) {
    if (WireFormatLite::GetTagFieldNumber(tag) == items) ++count;
    if (!WireFormatLite::SkipField(&input, tag)) break;
  }
  return count;
}

std::vector<std::string> NamesIn(const Message& request) {
  std::vector<std::string> names;
  const FieldDescriptor* field =
      request.GetDescriptor()->FindFieldByName("names");
  if (field != nullptr && field->is_repeated() &&
      field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    const auto* reflection = request.GetReflection();
    for (int i = 0; i < reflection->FieldSize(request, field); ++i) {
      names.push_back(reflection->GetRepeatedString(request, field, i));
    }
    return names;
  }
  // What asks for the slices of a customer names him so.
  for (const char* one : {"name", "customer"}) {
    std::string name = ReadString(request, one);
    if (name.empty()) continue;
    names.push_back(std::move(name));
    break;
  }
  return names;
}

ReadFact FactOf(const Shown& shown, const Message& request,
                const std::string& answer) {
  ReadFact fact;
  fact.resource_type = shown.resource_type;
  if (shown.listed) {
    fact.parent = ReadString(request, "parent");
    fact.filter = ReadString(request, "filter");
  } else {
    fact.names = NamesIn(request);
  }
  fact.count = shown.items == 0 ? 1 : CountItems(answer, shown.items);
  return fact;
}

}  // namespace

bool HoldsPersonalData(const Descriptor& type) {
  std::set<const Descriptor*> seen;
  return Holds(type, seen);
}

MethodBinding RecordReads(ReadLog& log, MethodBinding binding) {
  const MethodInfo& method = *binding.method;
  if (method.mutating ||
      !HoldsPersonalData(*method.descriptor->output_type())) {
    return binding;
  }
  const auto shown = std::make_shared<const Shown>(ShownBy(method));
  if (binding.unary) {
    binding.unary = [&log, shown, serve = std::move(binding.unary)](
                        std::shared_ptr<Call> call, Done done) {
      if (!log.Wants(call->context)) {
        serve(std::move(call), std::move(done));
        return;
      }
      // The call outlives its answer.
      serve(call, [&log, shown, call,
                   done = std::move(done)](absl::StatusOr<Answer> answer) {
        if (answer.ok()) {
          log.Record(call->context,
                     FactOf(*shown, *call->request, answer->bytes));
        }
        done(std::move(answer));
      });
    };
  }
  if (binding.stream) {
    binding.stream = [&log, shown, serve = std::move(binding.stream)](
                         std::shared_ptr<Call> call,
                         std::shared_ptr<ServerStream> stream) {
      if (log.Wants(call->context)) {
        ReadFact fact = FactOf(*shown, *call->request, "");
        fact.count = 0;
        log.Record(call->context, std::move(fact));
      }
      serve(std::move(call), std::move(stream));
    };
  }
  return binding;
}

}  // namespace crm
