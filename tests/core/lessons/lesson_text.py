"""A short lesson, to break in many ways."""

LESSON = """\
format: fitting-room lesson
version: 1
id: half
title: {en: Half, zh: 一半}
about: {en: Halving the bits halves the weights., zh: 位数减半，权重减半。}
steps:
  - title: {en: Narrower, zh: 更窄}
    text: {en: "They take {weights_bytes}.", zh: "它们占 {weights_bytes}。"}
    control: precision
    scene: {model: Llama-2-7b-hf, weights: bf16}
    do: {en: Drag to int8., zh: 拖到 int8。}
    done: {weights: [int8, fp8]}
    answer: {weights: int8}
    then: {en: "{weights_bytes / start.weights_bytes:%} of it.", zh: "是原来的 {weights_bytes / start.weights_bytes:%}。"}
"""
