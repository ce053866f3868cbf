// The transcoder that uses protobuf's own JSON conversion, after a strict
// check.

#ifndef CRM_GATEWAY_TRANSCODE_PROTOBUF_TRANSCODER_H_
#define CRM_GATEWAY_TRANSCODE_PROTOBUF_TRANSCODER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/transcode/transcoder.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/type_resolver.h"

namespace crm::gateway {

// Transcodes messages of one descriptor pool. Thread-safe.
class ProtobufTranscoder final : public Transcoder {
 public:
  // `pool` must outlive the transcoder.
  explicit ProtobufTranscoder(const google::protobuf::DescriptorPool& pool);

  absl::StatusOr<std::string> FromJson(const google::protobuf::Descriptor& type,
                                       absl::string_view json,
                                       absl::string_view field) const override;
  absl::StatusOr<std::string> ToJson(const google::protobuf::Descriptor& type,
                                     absl::string_view bytes) const override;

 private:
  std::unique_ptr<google::protobuf::util::TypeResolver> resolver_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_TRANSCODE_PROTOBUF_TRANSCODER_H_
