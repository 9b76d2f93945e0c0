# Every test/<suite>/**/test_<name>.c becomes a program. What it links is read off its folder:
# unit/<room>/ links that layer, the other suites link everything that is a library.
set(HEARTH_TEST_FIXTURES ${CMAKE_SOURCE_DIR}/test/fixtures)
file(GLOB HEARTH_TRAIN_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/train/*.c)
add_library(hearth_train_double STATIC EXCLUDE_FROM_ALL ${HEARTH_TRAIN_SOURCES})
target_compile_definitions(hearth_train_double PUBLIC HEARTH_TRAIN_DOUBLE)
target_compile_options(hearth_train_double PRIVATE ${C_WARNINGS})
target_link_libraries(hearth_train_double PUBLIC hearth_network hearth_text hearth_domain
  hearth_dataset PkgConfig::openblas)

function(hearth_test_program source)
  get_filename_component(name ${source} NAME_WE)
  file(RELATIVE_PATH relative ${CMAKE_SOURCE_DIR}/test ${source})
  string(REGEX REPLACE "/.*" "" suite ${relative})
  if(relative MATCHES "^unit/(routes/[a-z]+|[a-z]+)/")
    string(REPLACE "/" "_" room ${CMAKE_MATCH_1})
    set(libraries hearth_${room})
    if(room STREQUAL "train" AND name MATCHES "_double$") # src/train/number.h says what for
      set(libraries hearth_train_double)
    endif()
  elseif(relative MATCHES "^conformance/test_(store|blob)")
    set(libraries hearth_${CMAKE_MATCH_1})
  elseif(relative MATCHES "/test_engine_llama(_decoders)?\\.c$") # make small models by the rows of the networks
    set(libraries hearth_loop hearth_wire hearth_network ${CMAKE_DL_LIBS})
  elseif(relative MATCHES "/test_(worker|sandbox|engine)[a-z_]*\\.c$")
    set(libraries hearth_loop hearth_wire ${CMAKE_DL_LIBS})
    if(relative MATCHES "adapters")
      list(APPEND libraries hearth_network) # makes adapters for a model that it has read
    endif()
  elseif(relative MATCHES "_library\\.c$")
    # Against libllama in one process.
    if(NOT TARGET llama_cpp)
      return()
    endif()
    set(libraries hearth_network hearth_grammar hearth_chat)
  else()
    set(libraries hearth_server hearth_worker hearth_network)
  endif()
  add_executable(${suite}_${name} ${source})
  if(relative MATCHES "_library\\.c$")
    set_target_properties(${suite}_${name} PROPERTIES LINKER_LANGUAGE CXX)
  endif()
  if(name STREQUAL test_sampler_library)
    target_link_libraries(${suite}_${name} PRIVATE llama_sampling)
  endif()
  target_compile_options(${suite}_${name} PRIVATE ${WARNINGS})
  target_include_directories(${suite}_${name} PRIVATE ${CMAKE_SOURCE_DIR}/test)
  target_compile_definitions(${suite}_${name} PRIVATE
    HEARTH_SOURCE_DIR="${CMAKE_SOURCE_DIR}" HEARTH_BUILD_DIR="${CMAKE_BINARY_DIR}")
  target_link_libraries(${suite}_${name} PRIVATE ${libraries} PkgConfig::cmocka)
  set_target_properties(${suite}_${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
  add_dependencies(${suite}_tests ${suite}_${name})
  if(suite MATCHES "conformance|integration")
    foreach(needed hearth-worker engine-fake test_plugins)
      if(TARGET ${needed})
        add_dependencies(${suite}_${name} ${needed})
      endif()
    endforeach()
  endif()
  if(suite STREQUAL "integration")
    add_dependencies(${suite}_${name} hearth-worker engine-fake) # started by the tests
  endif()
  set(seconds 300)
  if(suite MATCHES "^(sim|conformance)$" OR HEARTH_SANITIZE) # on a small machine, beside other tests
    set(seconds 1200)
  endif()
  add_test(NAME ${suite}_${name} COMMAND ${suite}_${name})
  set_tests_properties(${suite}_${name} PROPERTIES LABELS ${suite} TIMEOUT ${seconds})
endfunction()

# Plug-ins that only tests load: test/plugins/<x>.c.
file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/plugins/*.c)
add_custom_target(test_plugins)
foreach(source ${sources})
  get_filename_component(name ${source} NAME_WE)
  add_library(test-plugin-${name} MODULE ${source})
  target_compile_options(test-plugin-${name} PRIVATE ${WARNINGS})
  set_target_properties(test-plugin-${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test/plugins)
  add_dependencies(test_plugins test-plugin-${name})
endforeach()

foreach(suite unit conformance sim integration)
  add_custom_target(${suite}_tests)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/${suite}/test_*.c)
  foreach(source ${sources})
    hearth_test_program(${source})
  endforeach()
endforeach()

# Fuzz targets: test/fuzz/fuzz_<x>.c defines LLVMFuzzerTestOneInput. Ordinarily replay.c runs it over
# test/fuzz/corpus/<x> and over so many mutations of its files; with HEARTH_FUZZ=ON (clang) libFuzzer
# drives it, started by hand.
set(HEARTH_FUZZ_RUNS 100000 CACHE STRING "mutations that a test of each reader of requests tries")
set(fuzz_runs ${HEARTH_FUZZ_RUNS})
if(HEARTH_SANITIZE STREQUAL "coverage") # the corpora reach the lines
  math(EXPR fuzz_runs "${HEARTH_FUZZ_RUNS} / 1000")
elseif(HEARTH_SANITIZE) # where each takes some ten times as long
  math(EXPR fuzz_runs "${HEARTH_FUZZ_RUNS} / 10")
endif()
file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/fuzz/fuzz_*.c)
foreach(source ${sources})
  get_filename_component(name ${source} NAME_WE)
  string(REGEX REPLACE "^fuzz_" "" corpus ${name})
  add_executable(${name} ${source})
  target_compile_options(${name} PRIVATE ${WARNINGS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/test)
  target_compile_definitions(${name} PRIVATE HEARTH_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE hearth_server hearth_worker hearth_text hearth_network hearth_grammar hearth_dataset hearth_train)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
  if(name MATCHES "^fuzz_encoder") # a plug-in is no library, so its files are compiled in
    file(GLOB encoder CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/engine/encoder/*.c)
    target_sources(${name} PRIVATE ${encoder})
  endif()
  if(HEARTH_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/test/fuzz/replay.c
      ${CMAKE_SOURCE_DIR}/test/fuzz/mutate.c)
    add_test(NAME ${name} COMMAND ${name} ${CMAKE_SOURCE_DIR}/test/fuzz/corpus/${corpus} ${fuzz_runs})
    set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 300)
  endif()
endforeach()
# The HTTP server without the gateway behind it, for h2spec and load generators.
add_executable(http_server ${CMAKE_SOURCE_DIR}/test/bench/http_server.c)
target_compile_options(http_server PRIVATE ${WARNINGS})
target_link_libraries(http_server PRIVATE hearth_net)
set_target_properties(http_server PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
add_dependencies(programs http_server)

# Tokenizes texts for test/e2e/test_tokenizers.py.
add_executable(encode_texts ${CMAKE_SOURCE_DIR}/test/support/encode_texts.c)
target_compile_options(encode_texts PRIVATE ${WARNINGS})
target_link_libraries(encode_texts PRIVATE hearth_text)
set_target_properties(encode_texts PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
add_dependencies(programs encode_texts)
# Trains by a test's numbers, for test/e2e/test_training_torch.py.
add_executable(train_steps ${CMAKE_SOURCE_DIR}/test/support/train_steps.c)
target_compile_options(train_steps PRIVATE ${WARNINGS})
target_link_libraries(train_steps PRIVATE hearth_train)
set_target_properties(train_steps PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
add_dependencies(programs train_steps)

# Makes adapters and merges them, for test/e2e/test_adapter_exports.py.
add_executable(adapter_play ${CMAKE_SOURCE_DIR}/test/support/adapter_play.c)
target_compile_options(adapter_play PRIVATE ${WARNINGS})
target_include_directories(adapter_play PRIVATE ${CMAKE_SOURCE_DIR}/test)
target_link_libraries(adapter_play PRIVATE hearth_train)
set_target_properties(adapter_play PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
add_dependencies(programs adapter_play)

# Shows which tokens are learnt, for test/e2e/test_datasets.py.
if(TARGET hearth_chat)
  add_executable(learn_rows ${CMAKE_SOURCE_DIR}/test/support/learn_rows.c)
  target_compile_options(learn_rows PRIVATE ${WARNINGS})
  target_link_libraries(learn_rows PRIVATE hearth_chat)
  set_target_properties(learn_rows PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test LINKER_LANGUAGE CXX)
  add_dependencies(programs learn_rows)
endif()

# Nobody measures with sanitizers.
if(HEARTH_SANITIZE)
  return()
endif()

# The load generator of `make bench`.
add_executable(bench_load test/bench/load.c)
set_target_properties(bench_load PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)

# The encoder plug-in and llama.cpp by themselves, for test/bench/embeddings.py.
function(hearth_embedding_child name source)
  add_executable(${name} ${CMAKE_SOURCE_DIR}/test/bench/${source})
  target_compile_options(${name} PRIVATE ${WARNINGS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/test)
  target_link_libraries(${name} PRIVATE ${ARGN})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
endfunction()
hearth_embedding_child(bench_encoder encoder.c hearth_worker)
hearth_embedding_child(bench_decoder_kernels decoder_kernels.c hearth_compute)
hearth_embedding_child(bench_training training.c hearth_train)
hearth_embedding_child(bench_queue queue.c hearth_domain)
if(TARGET llama_cpp)
  hearth_embedding_child(bench_peer_llama peer_llama.c hearth_base llama_cpp)
  set_target_properties(bench_peer_llama PROPERTIES LINKER_LANGUAGE CXX)
  # A decoder of our own and libllama in one process: how fast, and how far from f32.
  add_library(bench_decoder_sides STATIC ${CMAKE_SOURCE_DIR}/test/bench/decoder_sides.c)
  target_compile_options(bench_decoder_sides PRIVATE ${WARNINGS})
  target_include_directories(bench_decoder_sides PRIVATE ${CMAKE_SOURCE_DIR}/test)
  target_link_libraries(bench_decoder_sides PUBLIC hearth_network llama_cpp)
  hearth_embedding_child(bench_decoder decoder.c bench_decoder_sides)
  hearth_embedding_child(bench_decoder_once decoder_once.c bench_decoder_sides)
  hearth_embedding_child(bench_decoder_fidelity decoder_fidelity.c hearth_network llama_cpp)
  hearth_embedding_child(bench_decoder_greedy decoder_greedy.c hearth_network llama_cpp)
  hearth_embedding_child(bench_models models.c hearth_network llama_cpp)
  set_target_properties(bench_decoder bench_decoder_once bench_decoder_fidelity bench_decoder_greedy
    bench_models
    PROPERTIES LINKER_LANGUAGE CXX)
  # What samples, with the grammars of the plug-in.
  hearth_embedding_child(bench_sampler sampler.c llama_sampling hearth_network hearth_grammar hearth_chat)
  set_target_properties(bench_sampler PROPERTIES LINKER_LANGUAGE CXX)
endif()
