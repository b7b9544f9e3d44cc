<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context>
    <name>ChoiceSlider</name>
    <message>
        <source>Not available: {names}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Controller</name>
    <message>
        <source>The last scenario could not be read. It was set aside as {path}; this is the example instead.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The scenario could not be saved to {path}: {problem}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Controls</name>
    <message>
        <source>&amp;Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Batch size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Context length</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>P&amp;recision of weights</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FoldedPanel</name>
    <message>
        <source>KV cache, attention, runtime</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>KV cac&amp;he</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Attention</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>GpuPicker</name>
    <message>
        <source>Filter GPUs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Only those that fit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>GPUs and whether the scenario fits on them</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>GpuTable</name>
    <message>
        <source>GPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Free</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{vendor} {name}: {memory} on the box, {usable} usable by one process. {word}, {headroom} free.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Headline</name>
    <message>
        <source>Peak at {moment} · {run} · {runtime}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>= {other} · reserved {reserved} · allocated {allocated}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{batch} × {context} tokens of context (prompt {prompt}) · KV cache {cache} · {attention}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{batch} × {context} tokens a micro-batch · {optimizer} · {attention}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Legend</name>
    <message>
        <source>Legend</source>
        <extracomment>Nine components at most are alive at one peak of a single GPU.</extracomment>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take the last change back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Redo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make the change again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Everything back to the example; double-click a control’s name to reset it alone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show memory in GiB (2³⁰ bytes) or GB (10⁹ bytes)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light, dark, or as the system</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>中文</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>切换到中文</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fitting Room</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rule of thumb, full</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rule of thumb</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{gpu}: {usable} usable</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MemoryChart</name>
    <message>
        <source>Memory chart</source>
        <extracomment>Levels of the rows: the peak&apos;s bar is thick, those of the moments thin, the ghost between.</extracomment>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>at the peak</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{amount} free</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{amount} ◂ peak</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ModelBox</name>
    <message>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>custom size</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>QuantitySlider</name>
    <message>
        <source>From {low} to {high}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TrainingPanel</name>
    <message>
        <source>R&amp;ecipe</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>LoRA rank</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>LoRA ran&amp;k</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>all linear layers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>q, k, v, o</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>q and v</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>LoRA tar&amp;gets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Optimizer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Gradient chec&amp;kpointing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep only the inputs of layers and compute the rest again: less memory, about a third more time.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{ratio} bytes per parameter (weights + gradients + optimizer)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Verdict</name>
    <message>
        <source>Verdict</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pick a GPU to see whether it fits.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fits on {gpu} with {room} to spare ({share}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tight on {gpu}: only {room} to spare ({share}); a real run may need that.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Out of memory on {gpu} by {room}: {cause}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At most on {gpu}, all else equal: batch {batch} · context {context} · {parameters} parameters · widest weights {widest} (the article’s ladder for a 7B: {ladder})</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Words</name>
    <message>
        <source>Weights</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Gradients</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Optimizer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>KV cache</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Activations</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Logits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Workspace</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Inputs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Communication</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Runtime</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reserve</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model itself: every parameter, in the chosen precision.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How each trained weight should change; as many values as there are trained weights.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the optimizer remembers of every trained weight: moments, and master weights if any.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keys and values of every token read so far, so that they need not be computed again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Intermediate results: kept for the backward pass in training, the working set of the prompt in inference.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A score for every word of the vocabulary, and the loss made of them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Temporary buffers: attention scores, dequantized weights, copies made by the optimizer step.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The batch itself: token ids and labels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Buffers for exchanging data between GPUs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hardware and library overhead: the CUDA context and kernels of the process.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the allocator holds beyond the tensors: rounding and gaps.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>load</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>prefill</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>decode</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>forward</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>backward</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>optimizer step</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>between steps</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tight</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>OOM</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the weights alone do not fit.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the weights fit; gradients and optimizer on top do not.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the model fits; what grows with batch and context does not.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Inference</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>pure 16-bit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>mixed (fp32 master)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>AMP (autocast)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>8-bit AdamW</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>SGD with momentum</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>SDPA (flash)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>eager (stores scores)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No real framework fully trains weights narrower than 16 bits. Pick bf16, or QLoRA over a quantized model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This recipe stores 16-bit weights. For fp32 weights pick the recipe fp32 or AMP.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No training recipe stores weights in this format. Pick bf16 or fp16.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>LoRA over quantized weights is QLoRA. Pick QLoRA, or 16-bit weights.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>LoRA runs over bf16, fp16 or fp32 weights.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>QLoRA runs over int4 or int8 weights. Pick one of them, or LoRA.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type a number between {low} and {high}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>That is too long for a number.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>That is not a number. Try {low}, 8k or 70b.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unknown unit “{suffix}”. Use k, m, b or t, or 万 and 亿.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whole numbers only.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At least {low}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At most {high}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
