# How a layer of src/ becomes a library, its tests and its fuzz targets. Files are found by pattern, so a
# new file needs no change here; who may include whom is checked by tools/tidy.py.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
pkg_check_modules(FMT REQUIRED IMPORTED_TARGET fmt)
pkg_check_modules(SPDLOG REQUIRED IMPORTED_TARGET spdlog)
pkg_check_modules(DEFLATE REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(SIMDJSON REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(CBOR REQUIRED IMPORTED_TARGET libcbor)
find_package(pugixml REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_library(PENSTOCK_ROCKSDB rocksdb REQUIRED)
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Werror=return-type -Wno-missing-field-initializers
                    -Wno-missing-designated-field-initializers -Wno-invalid-offsetof
                    -fno-omit-frame-pointer)
add_link_options(-fuse-ld=lld)
# Line tables are all a stack trace needs. Without optimisation, sanitized code compiles in half the time, and the tests
# hardly take longer: most of what they do is waiting for a condition.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -gline-tables-only")
if(PENSTOCK_SANITIZE MATCHES "address")
  set(CMAKE_CXX_FLAGS_DEBUG "-O0 -gline-tables-only")
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(PENSTOCK_SANITIZE)
  add_compile_options(-fsanitize=${PENSTOCK_SANITIZE} -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${PENSTOCK_SANITIZE})
  if(PENSTOCK_SANITIZE MATCHES "address")
    add_compile_options(-fsanitize=fuzzer-no-link)  # The fuzzers see which code an input has reached.
    add_compile_options("-fsanitize-ignorelist=${CMAKE_SOURCE_DIR}/cmake/sanitizer_ignore.txt")
  endif()
endif()

if(PENSTOCK_TESTS)
  find_package(GTest REQUIRED)
  find_library(PENSTOCK_RAPIDCHECK rapidcheck REQUIRED)
  list(APPEND PENSTOCK_TEST_LIBRARIES ${PENSTOCK_RAPIDCHECK})
  enable_testing()
endif()

# Half of the time of a small file goes into the headers that it shares with its neighbours, so that the files
# of a target are compiled some at a time (a clean build takes a third of the time). What a file keeps to
# itself, in namespace {}, therefore needs a name of its own among the files of its directory.
function(penstock_batches target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
endfunction()

# penstock_layer(NAME DIRECTORY libraries...)
function(penstock_layer name directory)
  file(GLOB sources CONFIGURE_DEPENDS "${directory}/*.cc")
  if(sources)
    add_library(${name} STATIC ${sources})
    penstock_batches(${name})
    target_include_directories(${name} PUBLIC "${CMAKE_SOURCE_DIR}/src")
    target_link_libraries(${name} PUBLIC ${ARGN})
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE "${CMAKE_SOURCE_DIR}/src")
    target_link_libraries(${name} INTERFACE ${ARGN})
  endif()
  penstock_tests(${name} ${directory})
  penstock_fuzzers(${name} ${directory})
endfunction()

# tests/*_test.cc of a layer become one executable, one ctest entry.
function(penstock_tests name directory)
  file(GLOB tests CONFIGURE_DEPENDS "${directory}/tests/*.cc")
  if(NOT PENSTOCK_TESTS OR NOT tests)
    return()
  endif()
  add_executable(${name}_test ${tests})
  penstock_batches(${name}_test)
  target_link_libraries(${name}_test PRIVATE ${name} ${PENSTOCK_TEST_LIBRARIES} GTest::gmock GTest::gtest_main)
  if(name STREQUAL penstock_protocol)
    target_link_libraries(${name}_test PRIVATE penstock_gen)  # The codecs are tested on real shapes.
  endif()
  add_test(NAME ${name}_test COMMAND ${name}_test)
  # System libraries are not instrumented; their own synchronization is invisible to ThreadSanitizer.
  set_tests_properties(${name}_test PROPERTIES TIMEOUT 300
                       ENVIRONMENT "TSAN_OPTIONS=ignore_noninstrumented_modules=1")
endfunction()

# fuzz/*_fuzz.cc: one libFuzzer executable each, run briefly by ctest. It starts from the inputs checked in under
# fuzz/corpus/<stem>/, with the words of fuzz/<stem>.dict where there is one; what it finds on the way goes to
# the build tree (libFuzzer writes into the first directory only).
function(penstock_fuzzers name directory)
  file(GLOB fuzzers CONFIGURE_DEPENDS "${directory}/fuzz/*_fuzz.cc")
  if(NOT PENSTOCK_TESTS OR NOT PENSTOCK_SANITIZE MATCHES "address")
    return()
  endif()
  foreach(fuzzer ${fuzzers})
    get_filename_component(stem ${fuzzer} NAME_WE)
    add_executable(${stem} ${fuzzer})
    target_link_libraries(${stem} PRIVATE ${name})
    if(name STREQUAL penstock_protocol)
      target_link_libraries(${stem} PRIVATE penstock_gen)  # The codecs are fuzzed on real shapes.
    endif()
    target_link_options(${stem} PRIVATE -fsanitize=fuzzer)
    target_compile_options(${stem} PRIVATE -fsanitize=fuzzer)
    set(found "${CMAKE_BINARY_DIR}/fuzz/${stem}")
    file(MAKE_DIRECTORY "${found}")
    set(inputs "${found}")
    if(EXISTS "${directory}/fuzz/corpus/${stem}")
      list(APPEND inputs "${directory}/fuzz/corpus/${stem}")
    endif()
    if(EXISTS "${directory}/fuzz/${stem}.dict")
      list(APPEND inputs "-dict=${directory}/fuzz/${stem}.dict")
    endif()
    add_test(NAME ${stem} COMMAND ${stem} -seed=1 -runs=20000 -max_total_time=3 -max_len=4096 -rss_limit_mb=2048
             -timeout=20 "-artifact_prefix=${found}-" ${inputs})
    set_tests_properties(${stem} PROPERTIES TIMEOUT 120)
  endforeach()
endfunction()
