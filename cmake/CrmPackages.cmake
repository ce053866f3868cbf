# What the build needs from outside, each found by name: Debian packages, and
# the npm packages that cmake/packages/package.json pins. Every npm input can be
# replaced by a path of your own: -DCRM_GOOGLE_PROTOS_DIR=..., and so on.

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(GTest CONFIG REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(CURL REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(ICU 72 REQUIRED COMPONENTS i18n uc)
find_package(PkgConfig REQUIRED)
# hiredis 0.14 ships a CMake config file that aborts, so pkg-config is asked.
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(LIBDEFLATE REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(EXPAT REQUIRED IMPORTED_TARGET expat)
pkg_check_modules(IDN2 REQUIRED IMPORTED_TARGET libidn2)
pkg_check_modules(ICAL REQUIRED IMPORTED_TARGET libical)
pkg_check_modules(NLOPT REQUIRED IMPORTED_TARGET nlopt)
# Headers only, and a name of its own, since another folder uses it than Asio.
add_library(BoostMath::BoostMath INTERFACE IMPORTED)
target_link_libraries(BoostMath::BoostMath INTERFACE Boost::headers)
# libphonenumber ships neither kind of file.
find_path(PHONENUMBER_INCLUDE_DIR phonenumbers/phonenumberutil.h REQUIRED)
find_library(PHONENUMBER_LIBRARY phonenumber REQUIRED)
add_library(PhoneNumber::PhoneNumber UNKNOWN IMPORTED)
set_target_properties(PhoneNumber::PhoneNumber PROPERTIES
    IMPORTED_LOCATION ${PHONENUMBER_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${PHONENUMBER_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES protobuf::libprotobuf)
# Nor does libcsv.
find_path(CSV_INCLUDE_DIR csv.h REQUIRED)
find_library(CSV_LIBRARY csv REQUIRED)
add_library(Csv::Csv UNKNOWN IMPORTED)
set_target_properties(Csv::Csv PROPERTIES
    IMPORTED_LOCATION ${CSV_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${CSV_INCLUDE_DIR})

set(_npm ${PROJECT_SOURCE_DIR}/cmake/packages/node_modules)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(_duckdb_npm ${_npm}/@duckdb/node-bindings-linux-arm64)
else()
  set(_duckdb_npm ${_npm}/@duckdb/node-bindings-linux-x64)
endif()

set(CRM_GOOGLE_PROTOS_DIR ${_npm}/google-proto-files CACHE PATH
    "Folder that holds google/api/annotations.proto")
set(CRM_GRPC_REFLECTION_PROTOS_DIR ${_npm}/@grpc/reflection/build/proto CACHE PATH
    "Folder that holds grpc/reflection/v1/reflection.proto")
set(CRM_DUCKDB_HEADER_DIR ${_npm}/duckdb/src/duckdb/src/include CACHE PATH
    "Folder that holds duckdb.h")
set(CRM_DUCKDB_LIBRARY ${_duckdb_npm}/libduckdb.so CACHE FILEPATH
    "The DuckDB shared library")

function(_crm_require variable file)
  if(NOT EXISTS "${file}")
    message(FATAL_ERROR
        "${variable}: '${file}' does not exist. Run './crm setup' (or "
        "'npm install --no-save --ignore-scripts' in cmake/packages), or give your own path "
        "with -D${variable}=...")
  endif()
endfunction()
_crm_require(CRM_GOOGLE_PROTOS_DIR
             ${CRM_GOOGLE_PROTOS_DIR}/google/api/annotations.proto)
_crm_require(CRM_GRPC_REFLECTION_PROTOS_DIR
             ${CRM_GRPC_REFLECTION_PROTOS_DIR}/grpc/reflection/v1/reflection.proto)
_crm_require(CRM_DUCKDB_HEADER_DIR ${CRM_DUCKDB_HEADER_DIR}/duckdb.h)
_crm_require(CRM_DUCKDB_LIBRARY ${CRM_DUCKDB_LIBRARY})

# Only duckdb.h is taken: DuckDB's include folder holds its C++ internals too.
set(_duckdb_include ${PROJECT_BINARY_DIR}/duckdb/include)
configure_file(${CRM_DUCKDB_HEADER_DIR}/duckdb.h ${_duckdb_include}/duckdb.h COPYONLY)
add_library(crm_duckdb_client SHARED IMPORTED)
set_target_properties(crm_duckdb_client PROPERTIES
    IMPORTED_LOCATION ${CRM_DUCKDB_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${_duckdb_include})
