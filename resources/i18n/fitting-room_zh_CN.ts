<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
    <context>
        <name>About</name>
        <message>
            <source>About Fitting Room</source>
            <extracomment>Distributions that are shipped with it, and the licence of each (as its own metadata have it).</extracomment>
            <translation>关于显存试衣间</translation>
        </message>
        <message>
            <source>About Qt</source>
            <translation>关于 Qt</translation>
        </message>
        <message>
            <source>Will this model fit on that GPU? GPU memory for inference and training of language models, live and explained.</source>
            <translation>这个模型在那张显卡上放得下吗？语言模型推理与训练的显存，实时计算，逐项解释。</translation>
        </message>
        <message>
            <source>Data</source>
            <translation>数据</translation>
        </message>
        <message>
            <source>As of</source>
            <translation>截至</translation>
        </message>
        <message>
            <source>From</source>
            <translation>来源</translation>
        </message>
        <message>
            <source>Made with</source>
            <translation>所用组件</translation>
        </message>
        <message>
            <source>Version</source>
            <translation>版本</translation>
        </message>
        <message>
            <source>Licence</source>
            <translation>许可证</translation>
        </message>
        <message>
            <source>Fitting Room is free software under the Apache License 2.0. Every row of the data has its own source beside it.</source>
            <translation>显存试衣间是自由软件，采用 Apache License 2.0。每一行数据旁边都有自己的来源。</translation>
        </message>
        <message>
            <source>Licences</source>
            <translation>许可条款</translation>
        </message>
        <message>
            <source>It grew out of an article on what training and serving open models costs (开源大模型训练及推理所需显卡成本).</source>
            <translation>它由一篇文章发展而来：《开源大模型训练及推理所需显卡成本》。</translation>
        </message>
        <message>
            <source>Fitting Room</source>
            <translation>显存试衣间</translation>
        </message>
        <message>
            <source>On this machine</source>
            <translation>在这台机器上</translation>
        </message>
        <message>
            <source>Nothing is sent anywhere; the network is asked only for a model that you name by its id.</source>
            <translation>不会向任何地方发送任何内容；只有按编号读取你指定的模型时才会访问网络。</translation>
        </message>
        <message>
            <source>newer lists (models.json, gpus.json) are taken from</source>
            <translation>更新的列表（models.json、gpus.json）取自</translation>
        </message>
        <message>
            <source>what went wrong is written to</source>
            <translation>出过的问题记录在</translation>
        </message>
        <message>
            <source>the terms of all that is inside, and how to replace Qt (LGPL)</source>
            <translation>所有组件的许可条款，以及如何替换 Qt（LGPL）</translation>
        </message>
        <message>
            <source>models</source>
            <translation>模型</translation>
        </message>
        <message>
            <source>config.json of each on the Hugging Face Hub, and its makers’ papers</source>
            <translation>各模型在 Hugging Face Hub 上的 config.json，以及作者的论文</translation>
        </message>
        <message>
            <source>graphics cards</source>
            <translation>显卡</translation>
        </message>
        <message>
            <source>their makers’ data sheets; usable memory as runs have reported it</source>
            <translation>厂商的规格表；可用显存以实际运行的报告为准</translation>
        </message>
        <message>
            <source>bands</source>
            <translation>区间</translation>
        </message>
        <message>
            <source>glossary</source>
            <translation>术语表</translation>
        </message>
        <message>
            <source>written for this window; its links lead to the papers and manuals</source>
            <translation>为本窗口撰写；链接指向论文和手册</translation>
        </message>
        <message>
            <source>{number} measurements, each with its source</source>
            <translation>{number} 条实测，各附来源</translation>
        </message>
    </context>
    <context>
        <name>Advice</name>
        <message>
            <source>more</source>
            <extracomment>Above this burden, what probably fits is offered too, where it asks for less; so many of them. Buttons in sight at most; the menu has all there is, with so many cards. Several of a card are offered up to so many, or four times as many as there are.</extracomment>
            <translation>更多</translation>
        </message>
        <message>
            <source>Room for:</source>
            <translation>余量可容：</translation>
        </message>
        <message>
            <source>Would fit:</source>
            <translation>这样就放得下：</translation>
        </message>
        <message>
            <source>Would surely fit:</source>
            <translation>这样就稳放得下：</translation>
        </message>
        <message>
            <source>No change of these settings makes it fit, and no card is large enough: it takes several.</source>
            <translation>改这些设置都放不下，也没有足够大的单卡：需要多张卡。</translation>
        </message>
        <message>
            <source>Fits by the estimate, but not surely: runs of this kind differ by more.</source>
            <translation>按估算放得下，但不能确定：这类运行的实测差异更大。</translation>
        </message>
        <message>
            <source>As much as surely fits, all else equal.</source>
            <translation>其余不变时确定放得下的最大值。</translation>
        </message>
        <message>
            <source>SDPA attention</source>
            <translation>SDPA 注意力</translation>
        </message>
        <message>
            <source>loss in chunks</source>
            <translation>分块计算损失</translation>
        </message>
        <message>
            <source>gradient checkpointing</source>
            <translation>梯度检查点</translation>
        </message>
        <message>
            <source>micro-batch {batch} × {parts}</source>
            <translation>微批 {batch} × {parts}</translation>
        </message>
        <message>
            <source>{format} KV cache</source>
            <translation>{format} KV 缓存</translation>
        </message>
        <message>
            <source>{format} weights</source>
            <translation>{format} 权重</translation>
        </message>
        <message>
            <source>pure 16-bit</source>
            <translation>纯 16 位</translation>
        </message>
        <message>
            <source>{some} of {all} layers on the card</source>
            <translation>{all} 层中 {some} 层放在卡上</translation>
        </message>
        <message>
            <source>batch {batch}</source>
            <translation>批处理大小 {batch}</translation>
        </message>
        <message>
            <source>context {tokens}</source>
            <translation>上下文 {tokens}</translation>
        </message>
        <message>
            <source>The same results, and faster.</source>
            <translation>结果相同，而且更快。</translation>
        </message>
        <message>
            <source>The same results; takes Liger or cut cross-entropy.</source>
            <translation>结果相同；需要 Liger 或 cut cross-entropy。</translation>
        </message>
        <message>
            <source>About a third more time.</source>
            <translation>多花约三分之一的时间。</translation>
        </message>
        <message>
            <source>The same batch, accumulated over {parts} steps; a little slower.</source>
            <translation>批处理大小不变，分 {parts} 步累积；略慢。</translation>
        </message>
        <message>
            <source>Optimizer states in 8 bits; most runs end up as good.</source>
            <translation>优化器状态用 8 位存；多数训练效果相当。</translation>
        </message>
        <message>
            <source>Answers a little less exact over long contexts.</source>
            <translation>长上下文时回答精度略降。</translation>
        </message>
        <message>
            <source>No fp32 master weights: small updates are lost.</source>
            <translation>没有 fp32 主权重：微小的更新会丢失。</translation>
        </message>
        <message>
            <source>The host computes the others; several times slower.</source>
            <translation>其余层由主机计算；慢好几倍。</translation>
        </message>
        <message>
            <source>Fewer sequences at once.</source>
            <translation>同时处理的序列变少。</translation>
        </message>
        <message>
            <source>Less can be read and written at once.</source>
            <translation>一次能读写的内容变少。</translation>
        </message>
        <message>
            <source>Trains adapters instead of all weights.</source>
            <translation>只训练适配器，不训练全部权重。</translation>
        </message>
        <message>
            <source>Trains adapters over weights in 4 bits.</source>
            <translation>在 4 位权重上训练适配器。</translation>
        </message>
        <message>
            <source>context up to {tokens}</source>
            <translation>上下文至多 {tokens}</translation>
        </message>
        <message>
            <source>batch up to {batch}</source>
            <translation>批处理大小至多 {batch}</translation>
        </message>
        <message>
            <source>Everything that would do, and what each costs</source>
            <translation>所有可行的改法，以及各自的代价</translation>
        </message>
        <message>
            <source>A card that surely holds this, with {room} to spare.</source>
            <translation>确定放得下的显卡，还剩 {room}。</translation>
        </message>
        <message>
            <source>{strategy}, with {room} to spare on each. More ways are in the tab GPUs.</source>
            <translation>{strategy}，每张还剩 {room}。更多方案见“多卡”页。</translation>
        </message>
        <message>
            <source>reference precomputed</source>
            <translation>预先计算参考模型</translation>
        </message>
        <message>
            <source>The same results; the data are gone through once before training.</source>
            <translation>结果不变；训练前要先把数据过一遍。</translation>
        </message>
        <message>
            <source>The same GPUs, spread otherwise, with {room} to spare on each. More ways are in the tab GPUs.</source>
            <translation>同样这些卡，换一种切分方式，每张还剩 {room}。更多方式见“多卡”页。</translation>
        </message>
        <message>
            <source>experts of {some} of {all} layers on the host</source>
            <translation>{all} 层中 {some} 层的专家放在主机</translation>
        </message>
        <message>
            <source>The host computes those; slower, but attention stays on the card.</source>
            <translation>这些专家由主机计算；会变慢，但注意力仍在显卡上。</translation>
        </message>
    </context>
    <context>
        <name>BitLayouts</name>
        <message>
            <source>Bits of the number formats</source>
            <translation>各种数值格式的位</translation>
        </message>
        <message>
            <source>sign</source>
            <translation>符号</translation>
        </message>
        <message>
            <source>exponent</source>
            <translation>指数</translation>
        </message>
        <message>
            <source>fraction or integer</source>
            <translation>尾数或整数</translation>
        </message>
        <message>
            <source>{format}: {bits} bits (bytes: {bytes})</source>
            <translation>{format}：{bits} 位（字节数：{bytes}）</translation>
        </message>
    </context>
    <context>
        <name>Caption</name>
        <message>
            <source>Double-click, or {key} in the control: back to the example’s value</source>
            <translation>双击，或在这一项中按 {key}：恢复为示例的值</translation>
        </message>
    </context>
    <context>
        <name>CardDialog</name>
        <message>
            <source>Your card</source>
            <translation>你的显卡</translation>
        </message>
        <message>
            <source>Usable: what one process can have, without what the driver, ECC and the display take.</source>
            <translation>可用：单个进程能用的显存，不含驱动、ECC 和显示占用。</translation>
        </message>
        <message>
            <source>Forget</source>
            <translation>删除</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>名称</translation>
        </message>
        <message>
            <source>Memory</source>
            <translation>显存</translation>
        </message>
        <message>
            <source>Usable</source>
            <translation>可用</translation>
        </message>
    </context>
    <context>
        <name>ChoiceSlider</name>
        <message>
            <source>Not available: {names}.</source>
            <translation>不可用：{names}。</translation>
        </message>
    </context>
    <context>
        <name>ComparePage</name>
        <message>
            <source>Scenarios compared</source>
            <translation>方案比较</translation>
        </message>
        <message>
            <source>Restore</source>
            <translation>恢复</translation>
        </message>
        <message>
            <source>Swap</source>
            <translation>互换</translation>
        </message>
        <message>
            <source>Name…</source>
            <translation>命名…</translation>
        </message>
        <message>
            <source>Unpin</source>
            <translation>取消钉住</translation>
        </message>
        <message>
            <source>Name of the scenario</source>
            <translation>方案名称</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>名称</translation>
        </message>
        <message>
            <source>Pin a scenario (Ctrl+D) to compare others with it. Up to nine, saved with the file; keys 1 to 9 in a presentation (F11).</source>
            <translation>钉住一个方案（Ctrl+D），供其他方案比较。最多九个，随文件一起保存；演示时（F11）按数字键 1–9 显示。</translation>
        </message>
    </context>
    <context>
        <name>ContextHelp</name>
        <message>
            <source>F1: more of it</source>
            <translation>F1：详细说明</translation>
        </message>
        <message>
            <source>What is “{term}”?</source>
            <translation>什么是“{term}”？</translation>
        </message>
    </context>
    <context>
        <name>Controller</name>
        <message>
            <source>The scenario asked for what no real run allows; its precision was replaced by the nearest that can be.</source>
            <translation>该配置要求了任何真实运行都不支持的选择，精度已换成最接近的可行值。</translation>
        </message>
        <message>
            <source>The scenario’s GPU, {name}, is not in the list. Pick another.</source>
            <translation>该配置的显卡 {name} 不在列表中，请另选一张。</translation>
        </message>
        <message>
            <source>The last scenario could not be read. It was set aside as {path}; this is the example instead.</source>
            <translation>上次的配置无法读取，已改名保留为 {path}；现在显示的是示例。</translation>
        </message>
        <message>
            <source>A list of your own is not used: {reason}</source>
            <translation>没有使用你自己的列表：{reason}</translation>
        </message>
        <message>
            <source>The scenario could not be saved to {path}: {problem}</source>
            <translation>配置无法保存到 {path}：{problem}</translation>
        </message>
    </context>
    <context>
        <name>Controls</name>
        <message>
            <source>&amp;Model</source>
            <translation>模型(&amp;M)</translation>
        </message>
        <message>
            <source>&amp;Parameters</source>
            <translation>参数量(&amp;P)</translation>
        </message>
        <message>
            <source>&amp;Batch size</source>
            <translation>批处理大小(&amp;B)</translation>
        </message>
        <message>
            <source>&amp;Context length</source>
            <translation>上下文长度(&amp;C)</translation>
        </message>
        <message>
            <source>P&amp;recision of weights</source>
            <translation>权重精度(&amp;R)</translation>
        </message>
        <message>
            <source>twice as much: {change}</source>
            <translation>加倍：{change}</translation>
        </message>
        <message>
            <source>{precision} instead: {change}</source>
            <translation>改用 {precision}：{change}</translation>
        </message>
        <message>
            <source>Nothing on this track fits {gpu}, all else equal.</source>
            <translation>其余不变时，这一条上的任何值 {gpu} 都放不下。</translation>
        </message>
        <message>
            <source>{gpu} holds up to {most}, all else equal.</source>
            <translation>其余不变时，{gpu} 最多放得下 {most}。</translation>
        </message>
        <message>
            <source>Se&amp;quences at once</source>
            <translation>并发序列数(&amp;Q)</translation>
        </message>
    </context>
    <context>
        <name>CurvePage</name>
        <message>
            <source>Memory against</source>
            <translation>显存随什么变化</translation>
        </message>
        <message>
            <source>Memory curve</source>
            <translation>显存曲线</translation>
        </message>
        <message>
            <source>fits up to {value}</source>
            <translation>最多放得下 {value}</translation>
        </message>
        <message>
            <source>{gpu}: {usable} usable</source>
            <translation>{gpu}：可用 {usable}</translation>
        </message>
        <message>
            <source>context length</source>
            <translation>上下文长度</translation>
        </message>
        <message>
            <source>batch size</source>
            <translation>批处理大小</translation>
        </message>
        <message>
            <source>parameters</source>
            <translation>参数量</translation>
        </message>
        <message>
            <source>at {value}: {amount}</source>
            <translation>{value} 时：{amount}</translation>
        </message>
        <message>
            <source>A line for each</source>
            <translation>每条线对应</translation>
        </message>
        <message>
            <source>each precision</source>
            <translation>各种精度</translation>
        </message>
        <message>
            <source>pinned scenarios</source>
            <translation>钉住的方案</translation>
        </message>
        <message>
            <source>Cards</source>
            <translation>显卡</translation>
        </message>
        <message>
            <source>Cards beside the chosen one: Ctrl+click marks them in the list</source>
            <translation>所选显卡之外的显卡：在列表中按住 Ctrl 单击即可标记</translation>
        </message>
        <message>
            <source>each method</source>
            <translation>各种训练方法</translation>
        </message>
        <message>
            <source>Ctrl+click cards in the list to have them here</source>
            <translation>在列表中按住 Ctrl 单击显卡，就会出现在这里</translation>
        </message>
    </context>
    <context>
        <name>DeviceBars</name>
        <message>
            <source>Memory of each GPU</source>
            <extracomment>What the host keeps, as the components whose colours it has.</extracomment>
            <translation>每张显卡的显存</translation>
        </message>
        <message>
            <source>host memory of one machine</source>
            <translation>一台机器的主机内存</translation>
        </message>
    </context>
    <context>
        <name>EvidencePage</name>
        <message>
            <source>Predicted against measured</source>
            <extracomment>Runs whose total was published; the others were tracked tensor by tensor, and lie on the line. The pointer names the run that is so near.</extracomment>
            <translation>预测与实测</translation>
        </message>
        <message>
            <source>measured, {unit}</source>
            <translation>实测，{unit}</translation>
        </message>
        <message>
            <source>predicted, {unit}</source>
            <translation>预测，{unit}</translation>
        </message>
        <message>
            <source>{run}: predicted {predicted}, measured {measured} ({error} %)</source>
            <translation>{run}：预测 {predicted}，实测 {measured}（{error}%）</translation>
        </message>
        <message>
            <source>{alike} published runs like this one, {all} in all. Dashed: nine of ten lie between. Point at a run to name it.</source>
            <translation>同类公开实测 {alike} 次，共 {all} 次。虚线之间占十分之九。指向一点可看是哪次运行。</translation>
        </message>
    </context>
    <context>
        <name>ExplainPage</name>
        <message>
            <source>Moment</source>
            <extracomment>GPUs of which it is told how many layers they have.</extracomment>
            <translation>时刻</translation>
        </message>
        <message>
            <source>Components</source>
            <translation>组成部分</translation>
        </message>
        <message>
            <source>Explanation</source>
            <translation>解释</translation>
        </message>
        <message>
            <source>{moment} (peak)</source>
            <translation>{moment}（峰值）</translation>
        </message>
        <message>
            <source>Formula, in bytes</source>
            <translation>公式（字节）</translation>
        </message>
        <message>
            <source>With the numbers of this scenario</source>
            <translation>代入本方案的数值</translation>
        </message>
        <message>
            <source>Layers of each GPU</source>
            <translation>各 GPU 的层数</translation>
        </message>
        <message>
            <source>Source</source>
            <translation>来源</translation>
        </message>
        <message>
            <source>Measured error</source>
            <translation>实测误差</translation>
        </message>
        <message>
            <source>{counts}: by a device_map that names the GPU of every layer.</source>
            <translation>{counts}：由逐层指定 GPU 的 device_map 放置。</translation>
        </message>
        <message>
            <source>{counts}: where device_map="auto" puts them.</source>
            <translation>{counts}：由 device_map="auto" 自动放置。</translation>
        </message>
        <message>
            <source>No run of this kind was measured.</source>
            <translation>没有这类运行的实测数据。</translation>
        </message>
        <message>
            <source>The rule of thumb: parameters times the bytes of one, and in training as much again for gradients and each state of the optimizer. It leaves out what the detailed estimate counts; switch the estimate to see every byte explained.</source>
            <translation>经验估算：参数量乘以每个参数的字节数；训练时梯度和优化器的每个状态再各算一份。它略去了详细估算所计的其他部分；切换到详细估算即可看到每个字节的解释。</translation>
        </message>
        <message>
            <source>A log of this machine says {difference} to that. It can be removed in the tab Evidence.</source>
            <translation>本机的日志显示与此相差 {difference}。可在“证据”标签中移除。</translation>
        </message>
        <message>
            <source>On this machine</source>
            <translation>在本机上</translation>
        </message>
        <message numerus="yes">
            <source>%Ln moment(s) of runs whose every tensor was tracked: off by {median} % of the peak at the median, {worst} % at worst.</source>
            <translation>
                <numerusform>在逐张量跟踪的运行中取 %Ln 个时刻：误差中位数为峰值的 {median}%，最大 {worst}%。</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>The total, in %Ln published run(s) of {models} of this kind: off by {median} % at the median.</source>
            <translation>
                <numerusform>总量：与 {models} 的 %Ln 次公开的同类实测相比，误差中位数 {median}%。</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%Ln model(s)</source>
            <translation>
                <numerusform>%Ln 个模型</numerusform>
            </translation>
        </message>
        <message>
            <source>Layers that keep a state run as transformers does them in plain PyTorch. With the kernels of mamba-ssm, causal-conv1d or flash-linear-attention, prefill and training take far less; what is cached is the same.</source>
            <translation>带状态的层按 transformers 的纯 PyTorch 实现计算。若使用 mamba-ssm、causal-conv1d 或 flash-linear-attention 的内核，预填充与训练占用会少得多；缓存大小相同。</translation>
        </message>
        <message>
            <source>Assumed</source>
            <translation>前提</translation>
        </message>
        <message numerus="yes">
            <source>%Ln framework(s)</source>
            <translation>
                <numerusform>%Ln 个框架</numerusform>
            </translation>
        </message>
        <message>
            <source>Layers with attention are spread evenly over the stages, as far as their number says. What all stages have together is exact.</source>
            <translation>带注意力的层只知其数量，按均匀分布在各级流水线上计算；各级合计是精确的。</translation>
        </message>
        <message>
            <source>Σ adds up over all layers that have it. The values beside the letters are the largest layer’s.</source>
            <translation>Σ 表示对所有含该项的层求和。字母旁的数值取自最大的一层。</translation>
        </message>
        <message>
            <source>The layers of this model differ</source>
            <translation>该模型各层形状不同</translation>
        </message>
    </context>
    <context>
        <name>Explorer</name>
        <message>
            <source>Views</source>
            <extracomment>The tabs, left to right, by the name of their page here.</extracomment>
            <translation>视图</translation>
        </message>
        <message>
            <source>Breakdown</source>
            <translation>分解</translation>
        </message>
        <message>
            <source>What the peak is made of</source>
            <translation>峰值由什么构成</translation>
        </message>
        <message>
            <source>Over time</source>
            <translation>随时间</translation>
        </message>
        <message>
            <source>Memory from moment to moment, and the three readings</source>
            <translation>各时刻的显存，以及三种读数</translation>
        </message>
        <message>
            <source>Curve</source>
            <translation>曲线</translation>
        </message>
        <message>
            <source>Memory against context, batch or parameters</source>
            <translation>显存随上下文、批处理大小或参数量的变化</translation>
        </message>
        <message>
            <source>Map</source>
            <translation>地图</translation>
        </message>
        <message>
            <source>Which contexts and batches fit</source>
            <translation>哪些上下文与批处理大小放得下</translation>
        </message>
        <message>
            <source>Table</source>
            <translation>表格</translation>
        </message>
        <message>
            <source>The same numbers, to read and copy</source>
            <translation>同样的数字，可读可复制</translation>
        </message>
        <message>
            <source>Compare</source>
            <translation>比较</translation>
        </message>
        <message>
            <source>Beside the scenarios that are pinned</source>
            <translation>与钉住的方案并列</translation>
        </message>
        <message>
            <source>Explain</source>
            <translation>解释</translation>
        </message>
        <message>
            <source>Every byte with its formula and source</source>
            <translation>每个字节的公式与来源</translation>
        </message>
        <message>
            <source>Evidence</source>
            <translation>证据</translation>
        </message>
        <message>
            <source>Predicted against measured, and the log of your own run</source>
            <translation>预测与实测，以及你自己运行的日志</translation>
        </message>
        <message>
            <source>GPUs</source>
            <translation>多卡</translation>
        </message>
        <message>
            <source>How many, how the run is spread over them, and which is the tightest</source>
            <translation>有几张卡、任务怎么分到各卡上、哪一张最紧</translation>
        </message>
    </context>
    <context>
        <name>Exporter</name>
        <message>
            <source>As a configuration of {trainer} …</source>
            <extracomment>As their makers write them; and what their files are called.</extracomment>
            <translation>导出为 {trainer} 的配置…</translation>
        </message>
        <message>
            <source>(Only training has one)</source>
            <translation>（只有训练才有配置）</translation>
        </message>
        <message>
            <source>Copy the table of the Hub’s memory calculator</source>
            <translation>复制 Hub 显存计算器的表格</translation>
        </message>
        <message>
            <source>Configurations (*.yaml *.yml *.json);;All files (*)</source>
            <translation>配置文件 (*.yaml *.yml *.json);;所有文件 (*)</translation>
        </message>
        <message>
            <source>Save a configuration of {trainer}</source>
            <translation>保存 {trainer} 的配置</translation>
        </message>
        <message>
            <source>Nothing was saved to {path}: {problem}. Pick another place; nothing is lost here.</source>
            <translation>未能保存到 {path}：{problem}。请换个位置；这里的内容没有丢失。</translation>
        </message>
        <message>
            <source>Saved to {path}. Add data and learning rate there.</source>
            <translation>已保存到 {path}。请在其中补上数据和学习率。</translation>
        </message>
        <message>
            <source>Copied: what the Hub’s calculator says of this model’s weights and of training it with Adam.</source>
            <translation>已复制：Hub 计算器给出的此模型权重大小，以及用 Adam 训练所需的显存。</translation>
        </message>
        <message>
            <source>Only training has a configuration of {trainer}.</source>
            <translation>只有训练才有 {trainer} 的配置。</translation>
        </message>
        <message>
            <source>{trainer} has no recipe {value}. Pick another recipe, and export again.</source>
            <translation>{trainer} 没有 {value} 这种精度方案。请换一种再导出。</translation>
        </message>
        <message>
            <source>{trainer} has no optimizer {value}. Pick another optimizer, and export again.</source>
            <translation>{trainer} 没有优化器 {value}。请换一种再导出。</translation>
        </message>
        <message>
            <source>Copy the command of {program}</source>
            <translation>复制 {program} 的启动命令</translation>
        </message>
        <message>
            <source>{program} has no options for this run ({strategy}). Pick another way, and copy again.</source>
            <translation>{program} 没有对应这种运行（{strategy}）的选项。请换一种方式再复制。</translation>
        </message>
        <message>
            <source>Copied: the command of {program}. Add data and paths there.</source>
            <translation>已复制 {program} 的启动命令。请补上数据和路径。</translation>
        </message>
        <message>
            <source>{trainer} cannot say how this run is spread over GPUs: {strategy}. Pick another way, and export again.</source>
            <translation>{trainer} 的配置无法表达这种多卡方式：{strategy}。请换一种方式再导出。</translation>
        </message>
    </context>
    <context>
        <name>File</name>
        <message>
            <source>{place} could not be opened: {detail}.</source>
            <translation>无法打开 {place}：{detail}。</translation>
        </message>
        <message>
            <source>{place} could not be opened: it is no JSON, or only a part of it. Get it once more.</source>
            <translation>无法打开 {place}：它不是 JSON，或者不完整。请重新获取一份。</translation>
        </message>
        <message>
            <source>{place} could not be opened: a newer Fitting Room made it (version {detail} of the file; this one reads version 1). Update Fitting Room to open it.</source>
            <translation>无法打开 {place}：它由更新版本的显存试衣间生成（文件版本 {detail}，当前只能读版本 1）。请更新后再打开。</translation>
        </message>
        <message>
            <source>{place} could not be opened: it has a field that is not known here, {detail}. Is it misspelt, or of a newer version? Nothing was guessed.</source>
            <translation>无法打开 {place}：其中有当前版本不认识的字段 {detail}。是写错了，还是来自更新的版本？这里不做猜测。</translation>
        </message>
        <message>
            <source>{place} could not be opened: it lacks the field {detail}.</source>
            <translation>无法打开 {place}：缺少字段 {detail}。</translation>
        </message>
        <message>
            <source>{place} could not be opened: a value in it cannot be ({detail}). Correct it there.</source>
            <translation>无法打开 {place}：其中有不可能的值（{detail}）。请在文件中改正。</translation>
        </message>
        <message>
            <source>{place} could not be opened: the text was cut or changed on its way. Copy all of it once more.</source>
            <translation>无法打开 {place}：文本在传送中被截断或改动了。请重新完整复制。</translation>
        </message>
        <message>
            <source>{place} could not be opened: it contradicts itself. {detail}</source>
            <translation>{place} 无法打开：其中的数值自相矛盾。{detail}</translation>
        </message>
    </context>
    <context>
        <name>FleetPage</name>
        <message>
            <source>tightest: {device}</source>
            <translation>最紧：{device}</translation>
        </message>
        <message>
            <source>“{name}” names no card of the list, or more than one.</source>
            <translation>“{name}”在列表里找不到对应的显卡，或对应不止一张。</translation>
        </message>
        <message>
            <source>These sizes do not go together: {detail}</source>
            <translation>这些数目配不到一起：{detail}</translation>
        </message>
        <message numerus="yes">
            <source>%Ln machine(s)</source>
            <extracomment>Bars that are there to see without scrolling among them.</extracomment>
            <translation>
                <numerusform>%Ln 台机器</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>FoldedPanel</name>
        <message>
            <source>Runtime, format, cache, attention</source>
            <translation>运行时、格式、缓存、注意力</translation>
        </message>
        <message>
            <source>Runt&amp;ime</source>
            <translation>运行时(&amp;I)</translation>
        </message>
        <message>
            <source>&amp;Weight format</source>
            <translation>权重格式(&amp;W)</translation>
        </message>
        <message>
            <source>KV cac&amp;he</source>
            <translation>KV 缓存(&amp;H)</translation>
        </message>
        <message>
            <source>&amp;Attention</source>
            <translation>注意力(&amp;A)</translation>
        </message>
        <message>
            <source>Es&amp;timate</source>
            <translation>估算方式(&amp;T)</translation>
        </message>
        <message>
            <source>&amp;Loss</source>
            <translation>损失(&amp;S)</translation>
        </message>
        <message>
            <source>loss {way}</source>
            <translation>损失：{way}</translation>
        </message>
        <message>
            <source>Shared prefi&amp;x</source>
            <translation>共享前缀(&amp;X)</translation>
        </message>
        <message>
            <source>Shared prefix</source>
            <translation>共享前缀</translation>
        </message>
        <message>
            <source>Tokens that all sequences begin with, from {low} to {high}.</source>
            <translation>所有序列开头相同的词元数，从 {low} 到 {high}。</translation>
        </message>
        <message>
            <source>Tokens that all sequences begin with, such as a system prompt: their cache is kept once</source>
            <translation>所有序列开头相同的词元，例如系统提示词：它们的缓存只存一份</translation>
        </message>
        <message>
            <source>Layers that llama.cpp puts on the card, the last ones; the host keeps the others</source>
            <translation>llama.cpp 放到显卡上的层数（最后这些层），其余留在主机内存</translation>
        </message>
        <message>
            <source>Layers on the card</source>
            <translation>显卡上的层数</translation>
        </message>
        <message>
            <source>Of so many layers llama.cpp leaves the experts in the host’s memory</source>
            <translation>这么多层的专家由 llama.cpp 留在主机内存</translation>
        </message>
        <message>
            <source>Experts on the host</source>
            <translation>专家留在主机</translation>
        </message>
        <message>
            <source>Tokens that vLLM or SGLang drafts in each step by the model’s own heads, which it loads for that; 0: none</source>
            <translation>vLLM 或 SGLang 每一步用模型自带的预测头起草的 token 数，为此才加载这些头；0：不起草</translation>
        </message>
        <message>
            <source>Drafted tokens</source>
            <translation>起草 token 数</translation>
        </message>
        <message numerus="yes">
            <source>%Ln drafted token(s)</source>
            <translation>
                <numerusform>起草 %Ln 个 token</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>GlossaryWindow</name>
        <message>
            <source>Glossary</source>
            <translation>术语表</translation>
        </message>
        <message>
            <source>Search terms</source>
            <translation>搜索术语</translation>
        </message>
        <message>
            <source>Terms</source>
            <translation>术语</translation>
        </message>
        <message>
            <source>Meaning</source>
            <translation>含义</translation>
        </message>
        <message>
            <source>See also</source>
            <translation>另见</translation>
        </message>
        <message>
            <source>Read on, in the browser</source>
            <translation>延伸阅读（在浏览器中打开）</translation>
        </message>
    </context>
    <context>
        <name>GpuBox</name>
        <message>
            <source>GP&amp;U</source>
            <translation>显卡(&amp;U)</translation>
        </message>
    </context>
    <context>
        <name>GpuList</name>
        <message>
            <source>A line on the curve and the map (Ctrl+click)</source>
            <extracomment>Nearly all names of cards are no longer than so many lines are high.</extracomment>
            <translation>在曲线和地图上画一条线（Ctrl+单击）</translation>
        </message>
    </context>
    <context>
        <name>GpuPicker</name>
        <message>
            <source>Filter GPUs</source>
            <translation>筛选显卡</translation>
        </message>
        <message>
            <source>Only those that &amp;fit</source>
            <translation>只看放得下的(&amp;F)</translation>
        </message>
        <message>
            <source>GPUs and whether the scenario fits on them</source>
            <translation>显卡列表，以及当前配置能否放下</translation>
        </message>
        <message>
            <source>Your card</source>
            <translation>你的显卡</translation>
        </message>
        <message>
            <source>Enter a card of your own, or what is usable of the chosen one</source>
            <translation>输入自己的显卡，或修改所选显卡的可用显存</translation>
        </message>
        <message>
            <source>Ctrl+click, or the menu key, marks cards for the curve and the map.</source>
            <translation>按住 Ctrl 单击，或按菜单键，可标记显卡，显示在曲线和地图上。</translation>
        </message>
        <message>
            <source>Number of GPUs</source>
            <translation>显卡数量</translation>
        </message>
        <message>
            <source>How many of the chosen card; how the run is spread over them is in the tab GPUs</source>
            <translation>所选显卡的张数；任务怎么分到各卡上见“多卡”页</translation>
        </message>
    </context>
    <context>
        <name>GpuTable</name>
        <message>
            <source>GPU</source>
            <extracomment>A headroom that is told in larger units than the column's; the tip has the figure.</extracomment>
            <translation>显卡</translation>
        </message>
        <message>
            <source>Fit</source>
            <translation>结论</translation>
        </message>
        <message>
            <source>Free {unit}</source>
            <translation>剩余 {unit}</translation>
        </message>
        <message>
            <source>Here: {name}</source>
            <translation>本机：{name}</translation>
        </message>
        <message>
            <source>{vendor} {name}: {memory} on the box, {usable} usable by one process. {word}, {headroom} free ({share}).</source>
            <translation>{vendor} {name}：标称 {memory}，单个进程可用 {usable}。{word}，剩余 {headroom}（{share}）。</translation>
        </message>
    </context>
    <context>
        <name>Header</name>
        <message>
            <source>More</source>
            <translation>更多</translation>
        </message>
        <message>
            <source>Everything else, and help</source>
            <translation>其余功能与帮助</translation>
        </message>
    </context>
    <context>
        <name>Headline</name>
        <message>
            <source>Peak at {moment} · {run} · {runtime}</source>
            <translation>峰值时刻：{moment} · {run} · {runtime}</translation>
        </message>
        <message>
            <source>9 of 10 real runs: {low} to {high}</source>
            <translation>十次实测九次在 {low}–{high}</translation>
        </message>
        <message>
            <source>reserved {reserved} · allocated {allocated}</source>
            <translation>已保留 {reserved} · 已分配 {allocated}</translation>
        </message>
        <message>
            <source>{batch} × {context} tokens · full training, the only kind it knows · nominal size {parameters}</source>
            <translation>{batch} × {context} token · 按全量训练算（它只会这一种）· 名义参数量 {parameters}</translation>
        </message>
        <message>
            <source>{batch} × {context} tokens · nominal size {parameters}, order of magnitude only</source>
            <translation>{batch} × {context} token · 按标称参数量 {parameters}，只看数量级</translation>
        </message>
        <message>
            <source>{batch} × {context} tokens of context · KV cache {cache}</source>
            <translation>上下文 {batch} × {context} token · KV 缓存 {cache}</translation>
        </message>
        <message>
            <source>{some} of {all} layers on the card</source>
            <translation>{all} 层中 {some} 层放在卡上</translation>
        </message>
        <message>
            <source>{batch} × {context} tokens of context (prompt {prompt}) · KV cache {cache} · {attention}</source>
            <translation>上下文 {batch} × {context} token（提示词 {prompt}）· KV 缓存 {cache} · {attention}</translation>
        </message>
        <message>
            <source>{batch} × {context} tokens a micro-batch · {optimizer} · {attention}</source>
            <translation>每个微批次 {batch} × {context} token · {optimizer} · {attention}</translation>
        </message>
        <message>
            <source>{batch} × {context} tokens a micro-batch, in pairs · {optimizer} · {attention}</source>
            <translation>每个微批次 {batch} × {context} token，成对 · {optimizer} · {attention}</translation>
        </message>
        <message numerus="yes">
            <source>%Ln token(s) drafted a step</source>
            <translation>
                <numerusform>每步起草 %Ln 个 token</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>KeySheet</name>
        <message>
            <source>Keys</source>
            <translation>快捷键</translation>
        </message>
        <message>
            <source>Kind of run</source>
            <translation>运行类型</translation>
        </message>
        <message>
            <source>Actions</source>
            <translation>操作</translation>
        </message>
        <message>
            <source>Sliders and boxes</source>
            <translation>滑块与输入框</translation>
        </message>
        <message>
            <source>to the next control</source>
            <translation>到下一个控件</translation>
        </message>
        <message>
            <source>one step</source>
            <translation>移动一格</translation>
        </message>
        <message>
            <source>double or halve</source>
            <translation>加倍或减半</translation>
        </message>
        <message>
            <source>to either end</source>
            <translation>到两端</translation>
        </message>
        <message>
            <source>apply what was typed</source>
            <translation>应用所输入的值</translation>
        </message>
        <message>
            <source>give the old value back</source>
            <translation>恢复原来的值</translation>
        </message>
        <message>
            <source>to a control by its underlined letter</source>
            <translation>按带下划线的字母到某个控件</translation>
        </message>
        <message>
            <source>Legend</source>
            <translation>图例</translation>
        </message>
        <message>
            <source>from part to part</source>
            <translation>逐项移动</translation>
        </message>
        <message>
            <source>the formula of a part</source>
            <translation>查看该项的公式</translation>
        </message>
        <message>
            <source>out of the bars, and in again</source>
            <translation>从条形中去掉或恢复</translation>
        </message>
        <message>
            <source>In a presentation</source>
            <translation>演示时</translation>
        </message>
        <message>
            <source>a prepared scenario: pinned, A to I</source>
            <translation>准备好的方案（钉住的 A 到 I）</translation>
        </message>
        <message>
            <source>the next of them, or the one before</source>
            <translation>下一个或上一个</translation>
        </message>
        <message>
            <source>back to where a demonstration began</source>
            <translation>回到这次演示的起点</translation>
        </message>
        <message>
            <source>back to the window</source>
            <translation>回到窗口</translation>
        </message>
    </context>
    <context>
        <name>Languages</name>
        <message>
            <source>English</source>
            <extracomment>What a language is written in, where not every system has it.</extracomment>
            <translation>中文</translation>
        </message>
        <message>
            <source>Switch to English</source>
            <translation>切换到中文</translation>
        </message>
    </context>
    <context>
        <name>Legend</name>
        <message>
            <source>Legend</source>
            <translation>图例</translation>
        </message>
        <message>
            <source>Click the name to see its formula, the square to leave it out of the bars.</source>
            <translation>点击名称查看公式，点击方块则不在条形中显示。</translation>
        </message>
        <message>
            <source>{name}: {amount}, {share}. Enter explains it, Space leaves it out of the bars.</source>
            <translation>{name}：{amount}，{share}。回车查看解释，空格将其从条形中去掉。</translation>
        </message>
    </context>
    <context>
        <name>LessonPanel</name>
        <message>
            <source>Lesson</source>
            <translation>课程</translation>
        </message>
        <message>
            <source>Progress in the lesson</source>
            <translation>本课进度</translation>
        </message>
        <message>
            <source>All lessons</source>
            <translation>所有课程</translation>
        </message>
        <message>
            <source>Leave the lesson; it goes on from here another time</source>
            <translation>离开课程；下次从这里继续</translation>
        </message>
        <message>
            <source>Reveal</source>
            <translation>揭晓</translation>
        </message>
        <message>
            <source>Back</source>
            <translation>上一步</translation>
        </message>
        <message>
            <source>Set this step up anew</source>
            <translation>重新布置这一步</translation>
        </message>
        <message>
            <source>Show me</source>
            <translation>演示</translation>
        </message>
        <message>
            <source>Do what this step asks for</source>
            <translation>替我完成这一步</translation>
        </message>
        <message>
            <source>Step {number} of {count}</source>
            <translation>第 {number} 步，共 {count} 步</translation>
        </message>
        <message>
            <source>Skip</source>
            <translation>跳过</translation>
        </message>
        <message>
            <source>Finish</source>
            <translation>完成</translation>
        </message>
        <message>
            <source>Next</source>
            <translation>下一步</translation>
        </message>
        <message>
            <source>New here?</source>
            <translation>第一次来？</translation>
        </message>
        <message>
            <source>Lessons</source>
            <translation>课程</translation>
        </message>
        <message>
            <source>What you see is live: a 7-billion-parameter model on one card. Drag any slider and watch the bars and the verdict. Or let a lesson lead you; each takes a few minutes, and you can leave at any time.</source>
            <translation>眼前的一切都是活的：一张卡上的 70 亿参数模型。随便拖动一个滑块，看条形图和结论怎么变。也可以跟着课程走；每课几分钟，随时可以离开。</translation>
        </message>
        <message>
            <source>Each takes a few minutes. Your own scenario comes back when you leave.</source>
            <translation>每课几分钟。离开时会恢复你自己的场景。</translation>
        </message>
        <message>
            <source>step {number}</source>
            <translation>第 {number} 步</translation>
        </message>
        <message>
            <source>finished</source>
            <translation>已完成</translation>
        </message>
        <message>
            <source>Your guess</source>
            <translation>你的猜测</translation>
        </message>
        <message>
            <source>Once more</source>
            <translation>再来一次</translation>
        </message>
    </context>
    <context>
        <name>LessonWords</name>
        <message>
            <source>{file}, line {line}:</source>
            <translation>{file} 第 {line} 行：</translation>
        </message>
        <message>
            <source>this is no YAML ({detail}). Check the indents, and put quotes around texts with “: ”.</source>
            <translation>不是有效的 YAML（{detail}）。请检查缩进；含有“: ”的文字要加引号。</translation>
        </message>
        <message>
            <source>a lesson has no “{detail}” here. Check the spelling, or remove it.</source>
            <translation>课程在这里没有“{detail}”这一项。请检查拼写，或把它删掉。</translation>
        </message>
        <message>
            <source>“{detail}” is missing here. Add it.</source>
            <translation>这里缺少“{detail}”。请补上。</translation>
        </message>
        <message>
            <source>this cannot be so: {detail}. Change the value.</source>
            <translation>这样不行：{detail}。请改一下这个值。</translation>
        </message>
        <message>
            <source>no model is called “{detail}”. Write it as the model list does, or give “parameters”.</source>
            <translation>没有叫“{detail}”的模型。请按模型列表的写法，或者给出“parameters”。</translation>
        </message>
        <message>
            <source>no card is called “{detail}”. Write it as the GPU list does.</source>
            <translation>没有叫“{detail}”的显卡。请按显卡列表的写法。</translation>
        </message>
        <message>
            <source>no real run is like this. {detail}</source>
            <translation>没有这样的真实运行。{detail}</translation>
        </message>
        <message>
            <source>what “done” asks for is so from the start. Ask for something that has yet to change.</source>
            <translation>“done”的要求一开始就已满足。请要求一个还没有发生的变化。</translation>
        </message>
        <message>
            <source>the “answer” does not do what “done” asks for. Change one of them.</source>
            <translation>“answer”没有做到“done”的要求。请改其中一个。</translation>
        </message>
        <message>
            <source>there is no figure {detail}. Perhaps {near}?</source>
            <translation>没有 {detail} 这个数值。是不是 {near}？</translation>
        </message>
    </context>
    <context>
        <name>Log</name>
        <message>
            <source>in use by the process</source>
            <translation>进程占用</translation>
        </message>
        <message>
            <source>reserved by PyTorch</source>
            <translation>PyTorch 已保留</translation>
        </message>
        <message>
            <source>allocated by PyTorch</source>
            <translation>PyTorch 已分配</translation>
        </message>
        <message>
            <source>weights</source>
            <translation>权重</translation>
        </message>
        <message>
            <source>KV cache</source>
            <translation>KV 缓存</translation>
        </message>
        <message>
            <source>pool for the KV cache (of 90 % of the card)</source>
            <translation>KV 缓存池（按显存的 90%）</translation>
        </message>
        <message>
            <source>largest step</source>
            <translation>最大的一步</translation>
        </message>
        <message>
            <source>compute buffer</source>
            <translation>计算缓冲区</translation>
        </message>
        <message>
            <source>CUDA graphs</source>
            <translation>CUDA 图</translation>
        </message>
        <message>
            <source>CUDA context, libraries</source>
            <translation>CUDA 上下文与库</translation>
        </message>
        <message>
            <source>memory of the card</source>
            <translation>显卡显存</translation>
        </message>
        <message>
            <source>could not be allocated</source>
            <translation>未能分配</translation>
        </message>
        <message>
            <source>not PyTorch’s, beside the context</source>
            <translation>PyTorch 之外（不含上下文）</translation>
        </message>
        <message>
            <source>memory of the card, as nvidia-smi counts</source>
            <translation>显卡显存（nvidia-smi 的口径）</translation>
        </message>
        <message>
            <source>PyTorch’s processes</source>
            <translation>PyTorch 进程</translation>
        </message>
        <message>
            <source>{runtime}’s processes</source>
            <translation>{runtime} 进程</translation>
        </message>
    </context>
    <context>
        <name>LogPanel</name>
        <message>
            <source>Forget the log</source>
            <extracomment>What a process is told of a card's memory is at least this share of what is printed on it. Logs say hundredths of a GiB.</extracomment>
            <translation>不再比较此日志</translation>
        </message>
        <message>
            <source>Kept for this machine alone, and removed here; the calibration that ships stays as it is</source>
            <translation>只为本机保存，可在此移除；随程序提供的校准不变</translation>
        </message>
        <message>
            <source>Kept as a card of your own, and changed or removed by “…” above the list</source>
            <translation>保存为你自己的显卡，可用列表上方的“…”修改或移除</translation>
        </message>
        <message>
            <source>Remove</source>
            <translation>移除</translation>
        </message>
        <message>
            <source>The log beside the estimate</source>
            <translation>日志与估算并列</translation>
        </message>
        <message>
            <source>What</source>
            <translation>项目</translation>
        </message>
        <message>
            <source>Log</source>
            <translation>日志</translation>
        </message>
        <message>
            <source>Estimate</source>
            <translation>估算</translation>
        </message>
        <message>
            <source>Difference</source>
            <translation>差值</translation>
        </message>
        <message>
            <source>What the log says, beside the estimate of the scenario on screen: set it as it was run.</source>
            <translation>日志所示与当前方案的估算并列：请把方案设成实际运行的样子。</translation>
        </message>
        <message>
            <source>It said it fits, and it ran out? Paste (Ctrl+V) or open the log of the run, and see the difference, part by part.</source>
            <translation>说放得下，却爆了显存？粘贴（Ctrl+V）或打开那次运行的日志，逐项看差在哪里。</translation>
        </message>
        <message>
            <source>On this machine {process} take {measured} beside their tensors, not {estimated} (from a log, {day}).</source>
            <translation>在本机上，{process}在张量之外占 {measured}，而不是 {estimated}（来自日志，{day}）。</translation>
        </message>
        <message>
            <source>From now on, reckon with {amount} beside the tensors</source>
            <translation>今后按张量之外 {amount} 估算</translation>
        </message>
        <message>
            <source>{gpu}: {amount} usable</source>
            <translation>{gpu}：可用 {amount}</translation>
        </message>
    </context>
    <context>
        <name>MachineLine</name>
        <message>
            <source>Judge the cards of this machine by what is free now; else by the whole card</source>
            <translation>按当前空闲显存判断本机显卡；否则按整卡判断</translation>
        </message>
        <message>
            <source>Here: {total}</source>
            <translation>本机：{total}</translation>
        </message>
        <message>
            <source>Here: {used} of {total} in use</source>
            <translation>本机：已用 {used}，共 {total}</translation>
        </message>
        <message>
            <source>Free now</source>
            <translation>仅空闲</translation>
        </message>
        <message>
            <source>Here: {count} GPUs, {used} of {total} in use</source>
            <translation>本机：{count} 块 GPU，已用 {used}，共 {total}</translation>
        </message>
        <message>
            <source>This machine’s GPU does not answer</source>
            <translation>本机的 GPU 没有响应</translation>
        </message>
        <message>
            <source>No GPU found in this machine</source>
            <translation>本机未发现 GPU</translation>
        </message>
        <message>
            <source>No driver for NVIDIA GPUs is installed ({detail}).</source>
            <translation>未安装 NVIDIA GPU 驱动（{detail}）。</translation>
        </message>
        <message>
            <source>The driver fails: {detail}. Restart it, or the machine.</source>
            <translation>驱动出错：{detail}。请重启驱动或机器。</translation>
        </message>
        <message>
            <source>A GPU does not answer any more ({detail}).</source>
            <translation>有一块 GPU 不再响应（{detail}）。</translation>
        </message>
        <message>
            <source>{name}: {used} of {total} in use, {free} free</source>
            <translation>{name}：已用 {used}，共 {total}，空闲 {free}</translation>
        </message>
        <message>
            <source>unknown</source>
            <translation>未知</translation>
        </message>
        <message>
            <source>A GPU does not answer any more; {total} here</source>
            <translation>有一块显卡不再响应；本机其余 {total}</translation>
        </message>
    </context>
    <context>
        <name>MainWindow</name>
        <message>
            <source>Fitting Room</source>
            <translation>显存试衣间</translation>
        </message>
        <message>
            <source>Go to a control first: {key} resets the one in use.</source>
            <translation>请先选中一项：{key} 重置正在操作的那一项。</translation>
        </message>
        <message>
            <source>Nine scenarios are pinned already; unpin one first, in the tab Compare.</source>
            <translation>已钉住九个方案；请先在“比较”页取消钉住一个。</translation>
        </message>
    </context>
    <context>
        <name>MapPage</name>
        <message>
            <source>Map of contexts and batches</source>
            <extracomment>The boundary at once, then finer. Memories that cards have, for lines of their own. Up to here the boundary is drawn as stairs; above, they are too small to be seen.</extracomment>
            <translation>上下文与批处理大小的地图</translation>
        </message>
        <message>
            <source>Click or drag to go there.</source>
            <translation>点击或拖动即可到达该处。</translation>
        </message>
        <message>
            <source>context length</source>
            <translation>上下文长度</translation>
        </message>
        <message>
            <source>batch size</source>
            <translation>批处理大小</translation>
        </message>
        <message>
            <source>{batch} × {context} tokens: {amount}</source>
            <translation>{batch} × {context} token：{amount}</translation>
        </message>
    </context>
    <context>
        <name>MemoryChart</name>
        <message>
            <source>Memory chart</source>
            <extracomment>Levels of the rows: the peak's bar is thick, those of the moments thin, the ghost between.</extracomment>
            <translation>显存图表</translation>
        </message>
        <message>
            <source>at the peak</source>
            <translation>峰值时刻</translation>
        </message>
        <message>
            <source>rule of thumb, full</source>
            <translation>经验估算（全量）</translation>
        </message>
        <message>
            <source>rule of thumb</source>
            <translation>经验估算</translation>
        </message>
        <message>
            <source>{gpu}: {usable} usable</source>
            <translation>{gpu}：可用 {usable}</translation>
        </message>
        <message>
            <source>pinned</source>
            <translation>已钉住</translation>
        </message>
        <message>
            <source>{amount} free</source>
            <translation>剩余 {amount}</translation>
        </message>
        <message>
            <source>{amount} ◂ peak</source>
            <translation>{amount} ◂ 峰值</translation>
        </message>
        <message>
            <source>rest of the pool
{amount}</source>
            <translation>缓存池其余部分
{amount}</translation>
        </message>
    </context>
    <context>
        <name>ModelBox</name>
        <message>
            <source>Model</source>
            <translation>模型</translation>
        </message>
        <message>
            <source>Favourite model</source>
            <translation>收藏的模型</translation>
        </message>
        <message>
            <source>Keep this model at the head of the list</source>
            <translation>把该模型置于列表顶部</translation>
        </message>
        <message>
            <source>custom size</source>
            <translation>自定义大小</translation>
        </message>
    </context>
    <context>
        <name>Opener</name>
        <message>
            <source>Open a scenario, a model’s config.json, safetensors or GGUF</source>
            <translation>打开场景、模型的 config.json、safetensors 或 GGUF</translation>
        </message>
        <message>
            <source>This log says nothing of memory that is understood: PyTorch, vLLM, llama.cpp and nvidia-smi are.</source>
            <translation>这份日志里没有可识别的显存信息：可识别 PyTorch、vLLM、llama.cpp 和 nvidia-smi 的日志。</translation>
        </message>
        <message>
            <source>Reading {id} from {hub} … Esc stops.</source>
            <translation>正在从 {hub} 读取 {id} … 按 Esc 停止。</translation>
        </message>
        <message>
            <source>No model is called “{name}”. Perhaps {near}?</source>
            <translation>没有名为“{name}”的模型。是不是 {near}？</translation>
        </message>
        <message>
            <source>No model is called “{name}”. Pick one from the list, or set a size.</source>
            <translation>没有名为“{name}”的模型。请从列表里选，或直接设定参数量。</translation>
        </message>
        <message>
            <source>clipboard</source>
            <translation>剪贴板</translation>
        </message>
        <message>
            <source>Model</source>
            <translation>模型</translation>
        </message>
        <message>
            <source>{name}: {parameters} parameters.</source>
            <translation>{name}：{parameters} 个参数。</translation>
        </message>
        <message>
            <source>Scenarios, models, lessons and logs (*.json *.yaml *.yml *.safetensors *.gguf *.log *.txt);;All files (*)</source>
            <extracomment>Files that are read as logs.</extracomment>
            <translation>场景、模型、课程和日志 (*.json *.yaml *.yml *.safetensors *.gguf *.log *.txt);;所有文件 (*)</translation>
        </message>
        <message>
            <source>The clipboard holds no scenario, no model’s config.json, no model’s id and no command.</source>
            <translation>剪贴板里没有场景、模型的 config.json、模型 ID 或启动命令。</translation>
        </message>
    </context>
    <context>
        <name>Parallel</name>
        <message>
            <source>nothing (DDP)</source>
            <translation>不切分（DDP）</translation>
        </message>
        <message>
            <source>ZeRO-1: optimizer</source>
            <translation>ZeRO-1：优化器</translation>
        </message>
        <message>
            <source>ZeRO-2: and gradients</source>
            <translation>ZeRO-2：再加梯度</translation>
        </message>
        <message>
            <source>ZeRO-3: and weights</source>
            <translation>ZeRO-3：再加权重</translation>
        </message>
        <message>
            <source>Megatron: optimizer</source>
            <translation>Megatron：优化器</translation>
        </message>
        <message>
            <source>FSDP: everything</source>
            <translation>FSDP：全部</translation>
        </message>
        <message>
            <source>FSDP: weights stay gathered</source>
            <translation>FSDP：权重保持聚合</translation>
        </message>
        <message>
            <source>FSDP: within a machine</source>
            <translation>FSDP：机器内切分</translation>
        </message>
        <message>
            <source>FSDP2: everything</source>
            <translation>FSDP2：全部</translation>
        </message>
        <message>
            <source>FSDP2: weights stay gathered</source>
            <translation>FSDP2：权重保持聚合</translation>
        </message>
        <message>
            <source>FSDP2: within a machine</source>
            <translation>FSDP2：机器内切分</translation>
        </message>
        <message>
            <source>distributed optimizer</source>
            <translation>分布式优化器</translation>
        </message>
        <message>
            <source>nothing more</source>
            <translation>不额外重算</translation>
        </message>
        <message>
            <source>attention scores (selective)</source>
            <translation>注意力分数（selective）</translation>
        </message>
        <message>
            <source>scores and MLP</source>
            <translation>注意力分数和 MLP</translation>
        </message>
        <message>
            <source>groups of layers (full, uniform)</source>
            <translation>按组的层（full, uniform）</translation>
        </message>
        <message>
            <source>the first layers (full, block)</source>
            <translation>前几层（full, block）</translation>
        </message>
        <message>
            <source>every other product (torchtitan)</source>
            <translation>隔一个矩阵乘（torchtitan）</translation>
        </message>
        <message>
            <source>on the GPU</source>
            <translation>在显卡上</translation>
        </message>
        <message>
            <source>on the host</source>
            <translation>在主机内存</translation>
        </message>
        <message>
            <source>on NVMe</source>
            <translation>在 NVMe 上</translation>
        </message>
        <message>
            <source>optimizer</source>
            <translation>优化器</translation>
        </message>
        <message>
            <source>weights</source>
            <translation>权重</translation>
        </message>
        <message>
            <source>activations</source>
            <translation>激活</translation>
        </message>
        <message>
            <source>one GPU</source>
            <translation>单卡</translation>
        </message>
        <message>
            <source>the GPU</source>
            <translation>这张卡</translation>
        </message>
        <message>
            <source>GPU {rank}: {card}</source>
            <translation>卡 {rank}：{card}</translation>
        </message>
        <message>
            <source>stage {stage} of {stages}</source>
            <translation>第 {stage}/{stages} 级</translation>
        </message>
        <message>
            <source>each of {count} GPUs</source>
            <translation>{count} 张卡各自</translation>
        </message>
        <message>
            <source>GPU {rank} and {others} like it</source>
            <translation>卡 {rank} 及同样的 {others} 张</translation>
        </message>
        <message>
            <source> (uneven)</source>
            <extracomment>Numbers of layers that are told one by one.</extracomment>
            <translation>（不均分）</translation>
        </message>
    </context>
    <context>
        <name>ProblemDialog</name>
        <message>
            <source>Something went wrong</source>
            <translation>出了点问题</translation>
        </message>
        <message>
            <source>Something went wrong in Fitting Room. Your scenario is kept: go on, or start again if the window looks odd.</source>
            <translation>显存试衣间出了点问题。你的场景已保留：可以继续；如果窗口看起来不对，重新启动即可。</translation>
        </message>
        <message>
            <source>Nothing was sent anywhere. If you want it to be mended, copy the details into a report.</source>
            <translation>没有向任何地方发送任何内容。如果希望修复它，请把详细信息复制到问题报告里。</translation>
        </message>
        <message>
            <source>They are also in {path}.</source>
            <translation>详细信息也保存在 {path}。</translation>
        </message>
        <message>
            <source>Details</source>
            <translation>详细信息</translation>
        </message>
        <message>
            <source>Copy the details</source>
            <translation>复制详细信息</translation>
        </message>
        <message>
            <source>Go on</source>
            <translation>继续</translation>
        </message>
    </context>
    <context>
        <name>Problems</name>
        <message>
            <source>Something went wrong again; the scenario is kept. The details are in {path}.</source>
            <extracomment>Of the file; one older is kept beside it. Different problems that are said in one run; more would be a flood.</extracomment>
            <translation>又出了问题；场景已保留。详细信息在 {path}。</translation>
        </message>
    </context>
    <context>
        <name>QuantitySlider</name>
        <message>
            <source>From {low} to {high}.</source>
            <translation>范围 {low} 到 {high}。</translation>
        </message>
    </context>
    <context>
        <name>RecentFiles</name>
        <message>
            <source>Nothing was opened or saved yet</source>
            <translation>尚未打开或保存过文件</translation>
        </message>
    </context>
    <context>
        <name>Report</name>
        <message>
            <source>Formulas, in bytes</source>
            <extracomment>Sizes of the type in those units, from the largest: the first in which everything is on the page. A formula as long as the shape of a model makes it is cut here.</extracomment>
            <translation>公式（字节）</translation>
        </message>
        <message>
            <source>Memory in {unit}</source>
            <translation>显存（{unit}）</translation>
        </message>
        <message>
            <source>Peak: {amount} ({other}), at {moment}.</source>
            <translation>峰值：{amount}（{other}），出现在{moment}。</translation>
        </message>
        <message>
            <source>9 of 10 real runs of this kind take {low} to {high}.</source>
            <translation>这类实际运行十次有九次占用 {low} 至 {high}。</translation>
        </message>
        <message>
            <source>Model</source>
            <translation>模型</translation>
        </message>
        <message>
            <source>Parameters</source>
            <translation>参数量</translation>
        </message>
        <message>
            <source>Run</source>
            <translation>任务</translation>
        </message>
        <message>
            <source>Software</source>
            <translation>软件</translation>
        </message>
        <message>
            <source>Weights as</source>
            <translation>权重精度</translation>
        </message>
        <message>
            <source>Batch</source>
            <translation>批处理大小</translation>
        </message>
        <message>
            <source>Context</source>
            <translation>上下文</translation>
        </message>
        <message>
            <source>{count} tokens</source>
            <translation>{count} token</translation>
        </message>
        <message>
            <source>Attention</source>
            <translation>注意力</translation>
        </message>
        <message>
            <source>Recipe</source>
            <translation>精度方案</translation>
        </message>
        <message>
            <source>LoRA rank</source>
            <translation>LoRA 秩</translation>
        </message>
        <message>
            <source>LoRA targets</source>
            <translation>LoRA 目标层</translation>
        </message>
        <message>
            <source>Optimizer</source>
            <translation>优化器</translation>
        </message>
        <message>
            <source>Loss</source>
            <translation>损失</translation>
        </message>
        <message>
            <source>on</source>
            <translation>开</translation>
        </message>
        <message>
            <source>off</source>
            <translation>关</translation>
        </message>
        <message>
            <source>Gradient checkpointing</source>
            <translation>梯度检查点</translation>
        </message>
        <message>
            <source>KV cache</source>
            <translation>KV 缓存</translation>
        </message>
        <message>
            <source>Prompt</source>
            <translation>提示词</translation>
        </message>
        <message>
            <source>Estimate</source>
            <translation>估算</translation>
        </message>
        <message>
            <source>{gpu}: {usable} usable</source>
            <translation>{gpu}：可用 {usable}</translation>
        </message>
        <message>
            <source>Card</source>
            <translation>显卡</translation>
        </message>
        <message>
            <source>Allocated</source>
            <translation>已分配</translation>
        </message>
        <message>
            <source>Reserved</source>
            <translation>已保留</translation>
        </message>
        <message>
            <source>Process (nvidia-smi)</source>
            <translation>进程（nvidia-smi）</translation>
        </message>
        <message>
            <source>Made by Fitting Room {version}.</source>
            <translation>由显存试衣间 {version} 生成。</translation>
        </message>
        <message>
            <source>Measurements as of {date}.</source>
            <translation>实测数据截至 {date}。</translation>
        </message>
        <message>
            <source>Bytes</source>
            <translation>字节</translation>
        </message>
        <message>
            <source>Memory</source>
            <translation>显存</translation>
        </message>
        <message>
            <source>Assumptions</source>
            <translation>前提</translation>
        </message>
        <message>
            <source>What</source>
            <translation>项目</translation>
        </message>
        <message>
            <source>Value</source>
            <translation>取值</translation>
        </message>
        <message>
            <source>Source: {source}</source>
            <translation>来源：{source}</translation>
        </message>
    </context>
    <context>
        <name>Saver</name>
        <message>
            <source>Scenarios (*.fitroom.json);;All files (*)</source>
            <translation>方案 (*.fitroom.json);;所有文件 (*)</translation>
        </message>
        <message>
            <source>Save the scenario, with what is pinned</source>
            <translation>保存方案及钉住的方案</translation>
        </message>
        <message>
            <source>Nothing was saved to {path}: {problem}. Pick another place; nothing is lost here.</source>
            <translation>未能保存到 {path}：{problem}。请换个位置；这里的内容没有丢失。</translation>
        </message>
        <message>
            <source>Saved to {path}.</source>
            <translation>已保存到 {path}。</translation>
        </message>
        <message>
            <source>Copied as a short text: send it, and whoever pastes it into this window sees the same.</source>
            <translation>已复制为短文本：发给别人，对方粘贴到本窗口即可看到同样的方案。</translation>
        </message>
    </context>
    <context>
        <name>Sources</name>
        <message>
            <source>the article's table: bytes per parameter, nothing else</source>
            <translation>文章中的表：每个参数的字节数，别无其他</translation>
        </message>
        <message>
            <source>the model's config.json and the format's layout; tensors tracked through transformers 5.23 on torch 2.13</source>
            <translation>模型的 config.json 与格式的布局；在 transformers 5.23、torch 2.13 上逐张量跟踪</translation>
        </message>
        <message>
            <source>token ids are int64 (torch); labels too in training</source>
            <translation>词元编号是 int64（torch）；训练时标签也是</translation>
        </message>
        <message>
            <source>buffers of the collectives (NCCL)</source>
            <translation>集合通信的缓冲区（NCCL）</translation>
        </message>
        <message>
            <source>torch's caching allocator; peaks, levels and nvidia-smi of 16 fine-tunes (fms-acceleration benchmarks, A100 80 GB)</source>
            <translation>torch 的缓存分配器；16 次微调的峰值、水位和 nvidia-smi 读数（fms-acceleration 基准，A100 80 GB）</translation>
        </message>
        <message>
            <source>transformers' DynamicCache: keys and values of every layer, the window of those that slide</source>
            <translation>transformers 的 DynamicCache：每层的键和值，滑动窗口层只有窗口</translation>
        </message>
        <message>
            <source>modelling code of transformers; tensors tracked through transformers 5.23 on torch 2.13</source>
            <translation>transformers 的建模代码；在 transformers 5.23、torch 2.13 上逐张量跟踪</translation>
        </message>
        <message>
            <source>the head's output for the positions that generate() keeps (transformers)</source>
            <translation>generate() 保留的位置上输出头的结果（transformers）</translation>
        </message>
        <message>
            <source>scores of eager attention, masks, torch.cat of a growing cache, one dequantized matrix</source>
            <translation>eager 注意力的得分、掩码、不断增长的缓存的 torch.cat、一个反量化的矩阵</translation>
        </message>
        <message>
            <source>vLLM's fused layers and rotary table; published logs of loaded models (Llama-3.1-8B, gpt-oss-20b)</source>
            <translation>vLLM 的融合层与旋转表；公开的模型加载日志（Llama-3.1-8B、gpt-oss-20b）</translation>
        </message>
        <message>
            <source>cache blocks of vLLM (16 tokens) and SGLang (1): every layer's keys and values in whole blocks</source>
            <translation>vLLM（16 个词元）与 SGLang（1 个）的缓存块：每层的键和值，按整块计</translation>
        </message>
        <message>
            <source>the largest step of max_num_batched_tokens (vLLM's determine_available_memory)</source>
            <translation>max_num_batched_tokens 的最大一步（vLLM 的 determine_available_memory）</translation>
        </message>
        <message>
            <source>the sampler over max_num_seqs rows: 38 bytes a logit in published profile runs of four models</source>
            <translation>max_num_seqs 行的采样器：四个模型公开的试运行中每个 logit 38 字节</translation>
        </message>
        <message>
            <source>CUDA graphs: pools published for Qwen3-0.6B and an 8B model; one dequantized matrix</source>
            <translation>CUDA 图：公开的 Qwen3-0.6B 与一个 8B 模型的内存池；一个反量化的矩阵</translation>
        </message>
        <message>
            <source>token ids, positions and slots of the largest step, int64 each</source>
            <translation>最大一步的词元编号、位置和槽位，各为 int64</translation>
        </message>
        <message>
            <source>bare CUDA context, and what seven logs of vLLM state as not torch's (0.12 GiB at the median)</source>
            <translation>空 CUDA 上下文，以及七份 vLLM 日志所述不属于 torch 的部分（中位数 0.12 GiB）</translation>
        </message>
        <message>
            <source>llama.cpp's quantizer (llama_tensor_get_type), met to 0.01 % by the sizes its README states for Llama-3.1-8B</source>
            <translation>llama.cpp 的量化器（llama_tensor_get_type），与其 README 所述 Llama-3.1-8B 的大小相差 0.01 % 以内</translation>
        </message>
        <message>
            <source>llama.cpp's cache: keys and values of every cell, in ggml's blocks</source>
            <translation>llama.cpp 的缓存：每个单元的键和值，按 ggml 的块存放</translation>
        </message>
        <message>
            <source>llama.cpp's compute buffer: a micro-batch's logits, scores or widest layer, by 14 published logs</source>
            <translation>llama.cpp 的计算缓冲区：一个微批的 logits、得分或最宽的层，依据 14 份公开日志</translation>
        </message>
        <message>
            <source>torch.autograd: one value a trained parameter, in its width</source>
            <translation>torch.autograd：每个受训参数一个值，宽度与参数相同</translation>
        </message>
        <message>
            <source>states of torch.optim; master weights as DeepSpeed and apex keep them</source>
            <translation>torch.optim 的状态；主权重按 DeepSpeed 和 apex 的做法保留</translation>
        </message>
        <message>
            <source>what autograd saves for the backward pass; tensors tracked through transformers 5.23 on torch 2.13 and peft 0.21</source>
            <translation>autograd 为反向传播保存的内容；在 transformers 5.23、torch 2.13 和 peft 0.21 上逐张量跟踪</translation>
        </message>
        <message>
            <source>ForCausalLMLoss of transformers: fp32 logits and their log-softmax</source>
            <translation>transformers 的 ForCausalLMLoss：fp32 的 logits 及其 log-softmax</translation>
        </message>
        <message>
            <source>temporaries of the instant that needs most: backward of an MLP or attention, or torch's foreach optimizer</source>
            <translation>需求最大的一刻的临时张量：MLP 或注意力的反向传播，或 torch 的 foreach 优化器</translation>
        </message>
        <message>
            <source>the model's config.json and the format's layout, and the reference model's where TRL loads one; tensors tracked through transformers 5.23 on torch 2.13</source>
            <translation>模型的 config.json 与格式的布局，以及 TRL 加载时的参考模型；在 transformers 5.23、torch 2.13 上逐张量跟踪</translation>
        </message>
        <message>
            <source>losses of TRL 0.29 run with every storage tracked (torch 2.13); the fused head of TRL 1.16 by its code</source>
            <translation>TRL 0.29 的损失，跟踪每块存储运行（torch 2.13）；TRL 1.16 的融合输出头依据其代码</translation>
        </message>
        <message>
            <source>temporaries of the instant that needs most: a layer of policy or reference model, or torch's foreach optimizer</source>
            <translation>需求最大的一刻的临时张量：策略或参考模型的一层，或 torch 的 foreach 优化器</translation>
        </message>
        <message>
            <source>torch's FSDP notes: the unit in hand and the next are gathered, the root's all the time; Mistral-7B on 2 and 4 A100</source>
            <translation>torch 的 FSDP 说明：当前与下一个单元被聚合，根单元一直聚合；2 张和 4 张 A100 上的 Mistral-7B</translation>
        </message>
        <message>
            <source>DDP's buckets: a copy of all gradients unless these are views of them (torch's DistributedDataParallel)</source>
            <translation>DDP 的桶：全部梯度的一份副本，除非梯度就是其视图（torch 的 DistributedDataParallel）</translation>
        </message>
        <message>
            <source>Megatron-Core's buffer of all gradients, there from the start (dist_optimizer.md: 6 + 12/d with bf16)</source>
            <translation>Megatron-Core 存放全部梯度的缓冲区，从一开始就在（dist_optimizer.md：bf16 时 6 + 12/d）</translation>
        </message>
        <message>
            <source>Megatron-Core's distributed optimizer: master weights and states, 12/d bytes a parameter</source>
            <translation>Megatron-Core 的分布式优化器：主权重与状态，每个参数 12/d 字节</translation>
        </message>
        <message>
            <source>Korthikanti et al.: 34sbh of a GPT layer, over t; here by the pieces of this model's</source>
            <translation>Korthikanti 等：GPT 一层为 34sbh，除以 t；这里按此模型的各部件计算</translation>
        </message>
        <message>
            <source>DeepSpeed's stage3.py: reduce bucket, live parameters; its estimator counts four times the largest layer</source>
            <translation>DeepSpeed 的 stage3.py：归约桶、在用参数；其估算器按最大层的四倍计</translation>
        </message>
        <message>
            <source>DeepSpeed's ZeRO-3: 2/N bytes a parameter</source>
            <translation>DeepSpeed 的 ZeRO-3：每个参数 2/N 字节</translation>
        </message>
        <message>
            <source>DeepSpeed's stage_1_and_2.py: two reduce buckets while gradients come; its estimator leaves them out</source>
            <translation>DeepSpeed 的 stage_1_and_2.py：梯度到来时有两个归约桶；其估算器没有计入</translation>
        </message>
        <message>
            <source>DeepSpeed's ZeRO-2: 2/N bytes a parameter; its estimator counts fp32 ones, 4P + 16P/N in all</source>
            <translation>DeepSpeed 的 ZeRO-2：每个参数 2/N 字节；其估算器按 fp32 计，共 4P + 16P/N</translation>
        </message>
        <message>
            <source>DeepSpeed's stage_1_and_2.py: two reduce buckets while gradients come</source>
            <translation>DeepSpeed 的 stage_1_and_2.py：梯度到来时有两个归约桶</translation>
        </message>
        <message>
            <source>DeepSpeed and FSDP: every replica keeps 1/N of master weights and states</source>
            <translation>DeepSpeed 与 FSDP：每个副本保留主权重与状态的 1/N</translation>
        </message>
        <message>
            <source>bare CUDA context, and NCCL's own memory: 544 MB a group of two GPUs, 688 MB a larger one (A100)</source>
            <translation>空 CUDA 上下文与 NCCL 自身的显存：两张卡一组 544 MB，更大的组 688 MB（A100）</translation>
        </message>
        <message>
            <source>bitsandbytes: states of 8 bits with an fp32 maximum a block, tensors below 4,096 values in fp32</source>
            <translation>bitsandbytes：8 位状态，每块一个 fp32 最大值，不足 4,096 个值的张量用 fp32</translation>
        </message>
        <message>
            <source>PEFT: adapters are fp32 beside a 16-bit base; their gradients and states too</source>
            <translation>PEFT：16 位底座旁的适配器为 fp32；其梯度和状态也是</translation>
        </message>
        <message>
            <source>transformers' cache: keys and values of the layers with attention; of the others what their convolution keeps, and an fp32 state, the same for any length (modelling code of transformers 5.23, met to the byte)</source>
            <translation>transformers 的缓存：有注意力的层的键和值；其余层为卷积保留的部分，以及一个 fp32 状态，与长度无关（transformers 5.23 的建模代码，逐字节相符）</translation>
        </message>
        <message>
            <source>modelling code of transformers in plain PyTorch; tensors tracked through transformers 5.23 on torch 2.13. With the kernels of mamba-ssm, causal-conv1d or flash-linear-attention the layers with a state take far less, which was not measured</source>
            <translation>transformers 纯 PyTorch 的建模代码；在 transformers 5.23、torch 2.13 上逐张量跟踪。用 mamba-ssm、causal-conv1d 或 flash-linear-attention 的内核时，有状态的层占用少得多，但没有实测</translation>
        </message>
        <message>
            <source>vLLM's hybrid cache: layers with and without a window in groups of one size, a block of 16 tokens alike in all; what no window reaches is given back (SlidingWindowSpec). A log of Gemma 4 in vLLM 0.21 agrees, as far as it goes</source>
            <translation>vLLM 的混合缓存：带窗口与不带窗口的层分成同样大小的组，各组的块（16 个 token）大小一致；窗口够不到的块会归还（SlidingWindowSpec）。就其所述而言，vLLM 0.21 中 Gemma 4 的一份日志与此相符</translation>
        </message>
        <message>
            <source>vLLM's pages of hybrid models: blocks of attention no smaller than a layer's state, one of each group of mixers for a sequence (HybridAttentionMambaModelConfig; block sizes of logs for Qwen3-Next and Qwen3.5 are met)</source>
            <translation>vLLM 中混合模型的分页：注意力块不小于一层的状态，每个序列在每组状态层中占一块（HybridAttentionMambaModelConfig；与 Qwen3-Next、Qwen3.5 日志中的块大小一致）</translation>
        </message>
        <message>
            <source>torch's caching allocator; peaks and nvidia-smi of 56 FSDP runs of Mistral-7B (fms-acceleration benchmarks, 2 and 4 A100)</source>
            <translation>torch 的缓存分配器；Mistral-7B 56 次 FSDP 运行的峰值和 nvidia-smi 读数（fms-acceleration 基准，2 张和 4 张 A100）</translation>
        </message>
        <message>
            <source>SGLang's MambaPool: five slots a running sequence and one for padding, beside keys and values of the layers with attention; pools logged for two sizes of Qwen3.5 are met</source>
            <translation>SGLang 的 MambaPool：每个运行中的序列五个槽位，另有一个用于填充；有注意力的层另存键和值。与两种规格的 Qwen3.5 日志中的池大小一致</translation>
        </message>
        <message>
            <source>llama.cpp's recurrent memory: what a convolution looks back on, and the state, fp32 both, for each sequence, beside keys and values of the layers with attention; logs of Qwen3.5 and Nemotron 3 are met to the byte</source>
            <translation>llama.cpp 的循环状态内存：每个序列的卷积所回看的内容和状态，均为 fp32；有注意力的层另存键和值。与 Qwen3.5 和 Nemotron 3 的日志逐字节一致</translation>
        </message>
        <message>
            <source>Megatron-Core's Mamba mixer on mamba-ssm's kernel: what its code saves for the backward pass, and makes again in it; not measured</source>
            <translation>Megatron-Core 的 Mamba 层，使用 mamba-ssm 的内核：其代码为反向传播保存和重算的内容；未实测</translation>
        </message>
        <message>
            <source>the model's config.json and the format's layout; transformers leaves out heads that predict tokens ahead (_keys_to_ignore_on_load_unexpected)</source>
            <translation>模型的 config.json 与格式的布局；transformers 不加载多词元预测头（_keys_to_ignore_on_load_unexpected）</translation>
        </message>
        <message>
            <source>vLLM's fused layers and rotary table; heads that predict tokens ahead are loaded for speculative decoding alone</source>
            <translation>vLLM 的融合层与旋转位置表；多词元预测头只在投机解码时加载</translation>
        </message>
        <message>
            <source>llama.cpp's quantizer (llama_tensor_get_type); tensors of heads that predict tokens ahead are stepped over (TENSOR_SKIP), unless --spec-type draft-mtp asks for them, which is not modelled</source>
            <translation>llama.cpp 的量化器（llama_tensor_get_type）；多词元预测头的张量会跳过（TENSOR_SKIP），除非用 --spec-type draft-mtp 要求加载，而那种情况尚未建模</translation>
        </message>
        <message>
            <source>vLLM's fused layers and rotary table; with each head that drafts its layer, a matrix 2h·h and three norms, while embedding and output matrix are shared (vLLM 0.33, SGLang 0.5.23)</source>
            <translation>vLLM 的融合层与旋转位置表；每个起草的预测头另有一层、一个 2h·h 矩阵和三个归一化，嵌入和输出矩阵共用（vLLM 0.33、SGLang 0.5.23）</translation>
        </message>
        <message>
            <source>cache blocks of every layer, those of the heads that draft among them; where layers keep states, one more for each token that is drafted (vLLM's MambaSpec)</source>
            <translation>每一层的缓存块，包括起草用的预测头的层；带状态的层，每起草一个 token 多存一份状态（vLLM 的 MambaSpec）</translation>
        </message>
        <message>
            <source>a row of logits for each token that is drafted and one more: 38 bytes a logit in published profile runs, fp32 ones at most 1 GiB at once (vLLM's rejection_sampler.py)</source>
            <translation>每个起草的 token 一行 logits，另加一行：公布的性能分析运行中每个 logit 38 字节，fp32 的一次最多 1 GiB（vLLM 的 rejection_sampler.py）</translation>
        </message>
        <message>
            <source>Megatron-Core 0.16 (multi_token_prediction.py): with each head a layer, a matrix 2h·h and three norms on the last stage, which has the embedding too; read, not measured</source>
            <translation>Megatron-Core 0.16（multi_token_prediction.py）：每个预测头在最后一级另有一层、一个 2h·h 矩阵和三个归一化，该级也有嵌入；读自代码，未实测</translation>
        </message>
        <message>
            <source>Megatron-Core 0.16 (gpt_model.py): logits and a loss of the model and of each head; read, not measured</source>
            <translation>Megatron-Core 0.16（gpt_model.py）：模型和每个预测头各有 logits 与损失；读自代码，未实测</translation>
        </message>
        <message>
            <source>2 KiB for each thread that the card holds at once, by bare CUDA contexts published for PyTorch 2: 256 MiB (RTX 3090) to 520 MiB (H100); 426 MiB where no card, or none of NVIDIA's, is chosen</source>
            <translation>显卡同时容纳的每个线程 2 KiB，依据公布的 PyTorch 2 空 CUDA 上下文：256 MiB（RTX 3090）到 520 MiB（H100）；未选显卡或非 NVIDIA 显卡按 426 MiB</translation>
        </message>
        <message>
            <source>the model's config.json and the format's layout, a second table of embeddings for all layers with them; tensors tracked through transformers 5.24 on torch 2.13</source>
            <translation>模型的 config.json 和格式的布局，含供各层使用的第二张嵌入表；在 torch 2.13 上对 transformers 5.24 逐张量跟踪</translation>
        </message>
        <message>
            <source>transformers' DynamicCache: keys and values of the layers that make their own, the window of those that slide</source>
            <translation>transformers 的 DynamicCache：自行生成键和值的各层的键值，滑动窗口层只计窗口</translation>
        </message>
        <message>
            <source>modelling code of Gemma 3n and Gemma 4, with what goes into every layer; tensors tracked through transformers 5.24 on torch 2.13</source>
            <translation>Gemma 3n 和 Gemma 4 的模型代码，含送入每一层的输入；在 torch 2.13 上对 transformers 5.24 逐张量跟踪</translation>
        </message>
        <message>
            <source>llama.cpp's quantizer (llama_tensor_get_type); the table of what each token puts into each layer stays with the host (llama-arch.cpp). ggml-org's files of Gemma 3n and Gemma 4 are met to 0.04 %</source>
            <translation>llama.cpp 的量化器（llama_tensor_get_type）；每个词元送入每一层的那张表留在主机内存（llama-arch.cpp）。与 ggml-org 的 Gemma 3n 和 Gemma 4 文件相差不到 0.04 %</translation>
        </message>
        <message>
            <source>llama.cpp's compute buffer: its graph's widest layer and what goes into every layer; no log of these models was met</source>
            <translation>llama.cpp 的计算缓冲区：其计算图中最宽的一层，加上送入每一层的输入；没有这些模型的日志可核对</translation>
        </message>
    </context>
    <context>
        <name>SpeedPanel</name>
        <message>
            <source>such as $2.50</source>
            <translation>例如 ¥18</translation>
        </message>
        <message>
            <source>Price of an hour of the GPU</source>
            <translation>显卡每小时的价格</translation>
        </message>
        <message>
            <source>In any currency; it is kept for this GPU, and never enters the verdict</source>
            <translation>任何货币都可以；按显卡保存，绝不影响能否放得下的结论</translation>
        </message>
        <message>
            <source>Tokens to train on</source>
            <translation>训练 token 数</translation>
        </message>
        <message>
            <source>From 1k to 1000T.</source>
            <translation>从 1k 到 1000T。</translation>
        </message>
        <message>
            <source>GPU, an hour</source>
            <translation>显卡每小时</translation>
        </message>
        <message>
            <source>How fast: estimated for one GPU only.</source>
            <translation>速度：只对单卡估算。</translation>
        </message>
        <message>
            <source>prompt in at least {seconds} s</source>
            <translation>读入提示词至少 {seconds} 秒</translation>
        </message>
        <message>
            <source>a step in at least {seconds} s</source>
            <translation>每步至少 {seconds} 秒</translation>
        </message>
        <message>
            <source>at most {tokens} tokens a second</source>
            <translation>每秒最多 {tokens} 个 token</translation>
        </message>
        <message>
            <source>published runs reach {low} to {high} of that: {slow} to {fast}</source>
            <translation>公开实测达到其 {low} 到 {high}，即 {slow} 到 {fast}</translation>
        </message>
        <message>
            <source>How fast: its maker does not say what {gpu} reads and computes in a second.</source>
            <translation>速度：厂商没有公布 {gpu} 每秒能读取和计算多少。</translation>
        </message>
        <message>
            <source>How fast (an estimate, by the roofline of {gpu}): {parts}.</source>
            <translation>速度（按 {gpu} 的屋顶线估算）：{parts}。</translation>
        </message>
        <message>
            <source>{tokens} tokens: at least {hours} h, {cost}</source>
            <translation>{tokens} token：至少 {hours} 小时，{cost}</translation>
        </message>
        <message>
            <source>a million generated tokens: at least {cost}</source>
            <translation>每生成一百万 token：至少 {cost}</translation>
        </message>
        <message>
            <source>{text}; at what published runs reach, {low} to {high}</source>
            <translation>{text}；按公开实测达到的速度为 {low} 到 {high}</translation>
        </message>
        <message>
            <source>That is no price. Type one such as 2.50 or $2.50.</source>
            <translation>这不是价格。请输入例如 2.50 或 ¥18。</translation>
        </message>
        <message>
            <source>Tokens</source>
            <translation>token 数</translation>
        </message>
    </context>
    <context>
        <name>StageBar</name>
        <message>
            <source>End</source>
            <extracomment>Type is so many times larger, if the screen is large enough for all that is shown: so many lines of text wide and high. With a lesson below.</extracomment>
            <translation>结束</translation>
        </message>
        <message>
            <source>Back to the window (Esc or F11)</source>
            <translation>回到窗口（Esc 或 F11）</translation>
        </message>
        <message>
            <source>{name} · changed, 0 resets</source>
            <translation>{name} · 已改动，按 0 复原</translation>
        </message>
    </context>
    <context>
        <name>StrategyEditor</name>
        <message>
            <source>GPUs</source>
            <extracomment>The row of what is said of a text that is no number, below all others.</extracomment>
            <translation>显卡数</translation>
        </message>
        <message>
            <source>How many GPUs the run has</source>
            <translation>这次运行用几张卡</translation>
        </message>
        <message>
            <source>GPUs a machine</source>
            <translation>每台机器卡数</translation>
        </message>
        <message>
            <source>GPUs of one machine</source>
            <translation>一台机器里的显卡数</translation>
        </message>
        <message>
            <source>Tensor (TP)</source>
            <translation>张量（TP）</translation>
        </message>
        <message>
            <source>GPUs that share every matrix</source>
            <translation>共同分担每个矩阵的卡数</translation>
        </message>
        <message>
            <source>Pipeline (PP)</source>
            <translation>流水线（PP）</translation>
        </message>
        <message>
            <source>Stages, each with some of the layers</source>
            <translation>级数，每级放一部分层</translation>
        </message>
        <message>
            <source>Context (CP)</source>
            <translation>上下文（CP）</translation>
        </message>
        <message>
            <source>GPUs that share one sequence</source>
            <translation>共同分担一条序列的卡数</translation>
        </message>
        <message>
            <source>Experts (EP)</source>
            <translation>专家（EP）</translation>
        </message>
        <message>
            <source>GPUs that share the experts of a layer</source>
            <translation>共同分担一层专家的卡数</translation>
        </message>
        <message>
            <source>Micro-batches</source>
            <translation>微批次数</translation>
        </message>
        <message>
            <source>Of one step: accumulated, or in the pipeline</source>
            <translation>每步的微批次：用于梯度累积，或填满流水线</translation>
        </message>
        <message>
            <source>all alike</source>
            <translation>全部相同</translation>
        </message>
        <message>
            <source>Cards</source>
            <translation>各卡型号</translation>
        </message>
        <message>
            <source>Different cards by rank, for example: 2 × RTX 3090, RTX 4090</source>
            <translation>不同的卡，按编号列出，例如：2 × RTX 3090, RTX 4090</translation>
        </message>
        <message>
            <source>Where activations wait for the backward pass</source>
            <translation>激活在等待反向传播时放在哪里</translation>
        </message>
        <message>
            <source>fp8 products</source>
            <translation>fp8 矩阵乘</translation>
        </message>
        <message>
            <source>Linear layers multiply in fp8, and keep their inputs so</source>
            <translation>线性层以 fp8 做乘法，其输入也以 fp8 保留</translation>
        </message>
        <message>
            <source>Link</source>
            <translation>互连</translation>
        </message>
        <message>
            <source>Replicas divide</source>
            <translation>副本间切分</translation>
        </message>
        <message>
            <source>What replicas divide between them, instead of each holding it all</source>
            <translation>各副本之间切分什么，而不是每个都存一份</translation>
        </message>
        <message>
            <source>Computed again</source>
            <translation>重新计算</translation>
        </message>
        <message>
            <source>In the backward pass, instead of being kept</source>
            <translation>在反向传播时重算，而不是一直保存</translation>
        </message>
        <message>
            <source>Optimizer lies</source>
            <translation>优化器放在</translation>
        </message>
        <message>
            <source>Where optimizer states lie</source>
            <translation>优化器状态放在哪里</translation>
        </message>
        <message>
            <source>Weights lie</source>
            <translation>权重放在</translation>
        </message>
        <message>
            <source>Where weights lie while no layer uses them</source>
            <translation>暂时不用的权重放在哪里</translation>
        </message>
        <message>
            <source>Activations lie</source>
            <translation>激活放在</translation>
        </message>
        <message>
            <source>Sequence (SP)</source>
            <translation>序列并行（SP）</translation>
        </message>
        <message>
            <source>Norms and residuals divided by tokens, too</source>
            <translation>归一化和残差也按 token 切分</translation>
        </message>
        <message>
            <source>How GPUs of one machine reach each other: strategies are ordered by it, memory is the same</source>
            <translation>同一台机器内各卡如何相连：只影响方案的排序，不影响显存</translation>
        </message>
    </context>
    <context>
        <name>Suggestions</name>
        <message>
            <source>Suggest strategies</source>
            <translation>推荐方案</translation>
        </message>
        <message>
            <source>Every way to spread this run over these GPUs that fits, what is sent least first</source>
            <translation>列出放得下的所有多卡方案，通信最少的排在前面</translation>
        </message>
        <message>
            <source>Fewest GPUs</source>
            <translation>最少几张卡</translation>
        </message>
        <message>
            <source>The smallest number of the chosen card that works at all</source>
            <translation>所选显卡最少要几张才跑得起来</translation>
        </message>
        <message>
            <source>Use</source>
            <translation>采用</translation>
        </message>
        <message>
            <source>Spread the run like the chosen strategy</source>
            <translation>按选中的方案分到各卡</translation>
        </message>
        <message>
            <source>Stop</source>
            <translation>停止</translation>
        </message>
        <message>
            <source>Strategies that fit</source>
            <translation>放得下的方案</translation>
        </message>
        <message>
            <source>Pick a GPU first.</source>
            <translation>请先选一张显卡。</translation>
        </message>
        <message>
            <source>{tried} tried, {found} fit</source>
            <translation>试了 {tried} 种，{found} 种放得下</translation>
        </message>
        <message>
            <source>surely {count}</source>
            <translation>确定够的是 {count} 张</translation>
        </message>
        <message>
            <source>Not even thousands of this card are enough: one GPU’s part does not get small enough.</source>
            <translation>几千张这种卡也不够：单卡分到的部分降不下来。</translation>
        </message>
        <message>
            <source>{count} × {gpu}</source>
            <translation>{count} × {gpu}</translation>
        </message>
        <message>
            <source>{cards} and {size} of host memory</source>
            <translation>{cards}，外加 {size} 主机内存</translation>
        </message>
        <message>
            <source>{count} with nothing left to the host</source>
            <translation>{count} 张，不借用主机内存</translation>
        </message>
        <message>
            <source>surely no number</source>
            <translation>多少张都不能确定放得下</translation>
        </message>
        <message>
            <source>Fewest that work: {counts}</source>
            <translation>最少需要：{counts}</translation>
        </message>
        <message>
            <source>by waiting at printed link speeds: {link} {inside}, network {between}, host {host} GB/s a GPU</source>
            <translation>按标称带宽下的等待排序：{link} {inside}、网络 {between}、主机 {host} GB/s（每卡）</translation>
        </message>
        <message>
            <source>No strategy fits on so many; try more GPUs, or Fewest GPUs.</source>
            <translation>这么多卡没有放得下的方案；请增加卡数，或试“最少几张卡”。</translation>
        </message>
        <message>
            <source>No strategy fits on so many; try gradient checkpointing, more GPUs, or Fewest GPUs.</source>
            <translation>这么多卡没有放得下的方案；请试梯度检查点、增加卡数，或“最少几张卡”。</translation>
        </message>
    </context>
    <context>
        <name>TablePage</name>
        <message>
            <source>Memory by component and moment</source>
            <translation>按组成部分与时刻列出的显存</translation>
        </message>
        <message>
            <source>Ctrl+C copies the table, in bytes</source>
            <translation>Ctrl+C 复制整张表（字节）</translation>
        </message>
    </context>
    <context>
        <name>TakeHome</name>
        <message>
            <source>Report, one page (*.pdf)</source>
            <extracomment>Lines of text that the picture on a page is high.</extracomment>
            <translation>单页报告 (*.pdf)</translation>
        </message>
        <message>
            <source>Chart, pixels (*.png)</source>
            <translation>图表，像素图 (*.png)</translation>
        </message>
        <message>
            <source>Chart, to scale and edit (*.svg)</source>
            <translation>图表，可缩放可编辑 (*.svg)</translation>
        </message>
        <message>
            <source>Chart, to print (*.pdf)</source>
            <translation>图表，供打印 (*.pdf)</translation>
        </message>
        <message>
            <source>Table, in bytes (*.csv)</source>
            <translation>表格，以字节计 (*.csv)</translation>
        </message>
        <message>
            <source>Report as text (*.md)</source>
            <translation>文本报告 (*.md)</translation>
        </message>
        <message>
            <source>Take it home</source>
            <translation>导出</translation>
        </message>
        <message>
            <source>Picture</source>
            <translation>图片</translation>
        </message>
        <message>
            <source>Width in pixels</source>
            <translation>宽度（像素）</translation>
        </message>
        <message>
            <source>The chart is on the clipboard, as a picture.</source>
            <translation>图表已作为图片复制到剪贴板。</translation>
        </message>
        <message>
            <source>The table is on the clipboard, in bytes: paste it into a spreadsheet.</source>
            <translation>表格（以字节计）已复制到剪贴板，可粘贴到电子表格。</translation>
        </message>
        <message>
            <source>there is no memory for a picture of that size</source>
            <translation>内存不足，无法生成这么大的图片</translation>
        </message>
        <message>
            <source>Nothing was saved to {path}: {problem}. Pick another place; nothing is lost here.</source>
            <translation>未能保存到 {path}：{problem}。请换个位置；这里的内容没有丢失。</translation>
        </message>
        <message>
            <source>Saved to {path}.</source>
            <translation>已保存到 {path}。</translation>
        </message>
    </context>
    <context>
        <name>TrainingPanel</name>
        <message>
            <source>R&amp;ecipe</source>
            <translation>精度方案(&amp;E)</translation>
        </message>
        <message>
            <source>LoRA rank</source>
            <translation>LoRA 秩</translation>
        </message>
        <message>
            <source>LoRA ra&amp;nk</source>
            <translation>LoRA 秩(&amp;N)</translation>
        </message>
        <message>
            <source>all linear layers</source>
            <translation>所有线性层</translation>
        </message>
        <message>
            <source>q, k, v, o</source>
            <translation>q、k、v、o</translation>
        </message>
        <message>
            <source>q and v</source>
            <translation>q 和 v</translation>
        </message>
        <message>
            <source>LoRA tar&amp;gets</source>
            <translation>LoRA 目标层(&amp;G)</translation>
        </message>
        <message>
            <source>&amp;Optimizer</source>
            <translation>优化器(&amp;O)</translation>
        </message>
        <message>
            <source>Gradient chec&amp;kpointing</source>
            <translation>梯度检查点(&amp;K)</translation>
        </message>
        <message>
            <source>Keep only the inputs of layers and compute the rest again: less memory, about a third more time.</source>
            <translation>只保留每层的输入，其余在反向时重算：省显存，耗时多约三分之一。</translation>
        </message>
        <message>
            <source>From {low} to {high}.</source>
            <translation>范围 {low} 到 {high}。</translation>
        </message>
        <message>
            <source>{ratio} bytes per parameter (weights + gradients + optimizer)</source>
            <translation>每个参数 {ratio} 字节（权重 + 梯度 + 优化器）</translation>
        </message>
        <message>
            <source>{ratio} bytes per parameter</source>
            <translation>每个参数 {ratio} 字节</translation>
        </message>
        <message>
            <source>Ob&amp;jective</source>
            <translation>目标(&amp;J)</translation>
        </message>
        <message>
            <source>DPO, ORPO and SimPO learn from pairs of answers: the batch counts pairs. KTO counts answers.</source>
            <translation>DPO、ORPO 和 SimPO 从成对的回答中学习：批大小按对计。KTO 按回答计。</translation>
        </message>
        <message>
            <source>Reference precompute&amp;d</source>
            <translation>预先计算参考模型(&amp;D)</translation>
        </message>
        <message>
            <source>What the reference model says is computed once, before training: it is then not in memory.</source>
            <translation>参考模型的输出在训练前一次算好，训练时它不占显存。</translation>
        </message>
        <message>
            <source>Heads trained (MTP)</source>
            <translation>训练预测头（MTP）</translation>
        </message>
        <message>
            <source>Heads that predict tokens ahead and that Megatron trains with the model, on the last pipeline stage; 0: none</source>
            <translation>Megatron 与模型一起训练的多词元预测头，位于流水线最后一级；0：没有</translation>
        </message>
        <message>
            <source>Heads trained</source>
            <translation>训练预测头</translation>
        </message>
        <message>
            <source>{ratio} B per parameter on a GPU</source>
            <translation>每张卡每个参数 {ratio} 字节</translation>
        </message>
    </context>
    <context>
        <name>Verdict</name>
        <message>
            <source>Verdict</source>
            <extracomment>Its height in lines of text: where there is room for a sentence and a note on a line each, where they take two, and for an audience.</extracomment>
            <translation>结论</translation>
        </message>
        <message>
            <source>Pick a GPU to see whether it fits.</source>
            <translation>选一张显卡，看看放不放得下。</translation>
        </message>
        <message>
            <source>Fits on {gpu} with {room} to spare ({share}).</source>
            <translation>{gpu} 放得下，还剩 {room}（{share}）。</translation>
        </message>
        <message>
            <source>Tight on {gpu}: only {room} to spare ({share}); a real run may need that.</source>
            <translation>{gpu} 显存吃紧：只剩 {room}（{share}），实际运行可能就用掉了。</translation>
        </message>
        <message>
            <source>May not fit on {gpu}: {room} short by the estimate, but runs like this differ by more.</source>
            <translation>{gpu} 可能放不下：按估算还差 {room}，但这类运行的实测差异更大。</translation>
        </message>
        <message>
            <source>Tight on {gpu}: {room} to spare ({share}), but a run like this may need up to {upper}.</source>
            <translation>{gpu} 吃紧：剩余 {room}（{share}），但这类运行最多可能需要 {upper}。</translation>
        </message>
        <message>
            <source>Out of memory on {gpu} by {room}: {cause}</source>
            <translation>{gpu} 爆显存，还差 {room}：{cause}</translation>
        </message>
        <message>
            <source>At most on {gpu}, all else equal: batch {batch} · context {context} · {parameters} parameters · widest weights {widest} (the article’s ladder for a 7B: {ladder})</source>
            <translation>其他不变，{gpu} 最多：批处理大小 {batch} · 上下文 {context} · 参数量 {parameters} · 权重精度最高 {widest}（按文章的分档，7B 用 {ladder}）</translation>
        </message>
        <message numerus="yes">
            <source>{runtime}’s pool there: {pool}, %Ln sequence(s) of {context} tokens at once. {limits}</source>
            <translation>
                <numerusform>{runtime} 在其上的缓存池：{pool}，可同时容纳 %Ln 条 {context} token 的序列。{limits}</numerusform>
            </translation>
        </message>
        <message>
            <source>{pool} on each</source>
            <translation>每张卡 {pool}</translation>
        </message>
        <message>
            <source>{gpu} is not in the list now.</source>
            <translation>列表里现在没有 {gpu}。</translation>
        </message>
    </context>
    <context>
        <name>WindowActions</name>
        <message>
            <source>Everything back to the example; {key}, or a double-click on its name, resets one control alone</source>
            <extracomment>Every action, in no order, with its keys. Buttons of the header, from left to right. Those that a header too narrow for all gives up first; they stand in the menu then. The menu at the end of the header, in groups. Behind the button that shares: other ways to give it away.</extracomment>
            <translation>全部恢复为示例；按 {key} 或双击某一项的名称，只重置这一项</translation>
        </message>
        <message>
            <source>Open</source>
            <translation>打开</translation>
        </message>
        <message>
            <source>Open a scenario or a model; drop or paste files, text or a Hub id just as well</source>
            <translation>打开方案或模型；也可拖放或粘贴文件、文本或 Hub ID</translation>
        </message>
        <message>
            <source>Save</source>
            <translation>保存</translation>
        </message>
        <message>
            <source>Save the scenario, with what is pinned, as a file</source>
            <translation>把方案连同钉住的方案保存为文件</translation>
        </message>
        <message>
            <source>Share</source>
            <translation>分享</translation>
        </message>
        <message>
            <source>Copy the scenario as a short text to send</source>
            <translation>把方案复制为一段短文本以便发送</translation>
        </message>
        <message>
            <source>Pin</source>
            <translation>钉住</translation>
        </message>
        <message>
            <source>Keep this scenario to compare others with</source>
            <translation>留住这个方案，供其他方案比较</translation>
        </message>
        <message>
            <source>Undo</source>
            <translation>撤销</translation>
        </message>
        <message>
            <source>Take the last change back</source>
            <translation>撤销上一步改动</translation>
        </message>
        <message>
            <source>Redo</source>
            <translation>重做</translation>
        </message>
        <message>
            <source>Make the change again</source>
            <translation>恢复刚撤销的改动</translation>
        </message>
        <message>
            <source>Reset</source>
            <translation>重置</translation>
        </message>
        <message>
            <source>Reset the control in use</source>
            <translation>重置当前控件</translation>
        </message>
        <message>
            <source>Only the one that has the focus goes back to the example</source>
            <translation>只把有焦点的那一项恢复为示例值</translation>
        </message>
        <message>
            <source>Show memory in GiB (2³⁰ bytes) or GB (10⁹ bytes)</source>
            <translation>切换显存单位：GiB（2³⁰ 字节）或 GB（10⁹ 字节）</translation>
        </message>
        <message>
            <source>Paste</source>
            <translation>粘贴</translation>
        </message>
        <message>
            <source>Show what the clipboard holds: a scenario, a model’s configuration or id, a log</source>
            <translation>显示剪贴板中的内容：方案、模型配置或 ID、日志</translation>
        </message>
        <message>
            <source>Find a GPU</source>
            <translation>查找 GPU</translation>
        </message>
        <message>
            <source>Go to the filter of the GPU list</source>
            <translation>转到 GPU 列表的筛选框</translation>
        </message>
        <message>
            <source>Find a model</source>
            <translation>查找模型</translation>
        </message>
        <message>
            <source>Go to the model list</source>
            <translation>转到模型列表</translation>
        </message>
        <message>
            <source>Present</source>
            <translation>演示</translation>
        </message>
        <message>
            <source>Quit</source>
            <translation>退出</translation>
        </message>
        <message>
            <source>Close; the scenario is kept for the next start</source>
            <translation>关闭；方案会保留到下次启动</translation>
        </message>
        <message>
            <source>Unit: {unit}</source>
            <translation>单位：{unit}</translation>
        </message>
        <message>
            <source>Theme: system</source>
            <translation>主题：跟随系统</translation>
        </message>
        <message>
            <source>Theme: light</source>
            <translation>主题：浅色</translation>
        </message>
        <message>
            <source>Theme: dark</source>
            <translation>主题：深色</translation>
        </message>
        <message>
            <source>Theme: as the system, light, dark or high contrast</source>
            <translation>主题：跟随系统、浅色、深色或高对比度</translation>
        </message>
        <message>
            <source>Larger</source>
            <translation>放大</translation>
        </message>
        <message>
            <source>Everything larger</source>
            <translation>全部放大</translation>
        </message>
        <message>
            <source>Smaller</source>
            <translation>缩小</translation>
        </message>
        <message>
            <source>Everything smaller</source>
            <translation>全部缩小</translation>
        </message>
        <message>
            <source>Usual size</source>
            <translation>恢复大小</translation>
        </message>
        <message>
            <source>As large as the system’s type</source>
            <translation>与系统字号相同</translation>
        </message>
        <message>
            <source>Theme: high contrast</source>
            <translation>主题：高对比度</translation>
        </message>
        <message>
            <source>Less motion</source>
            <translation>减少动画</translation>
        </message>
        <message>
            <source>Nothing moves on its own in a presentation</source>
            <translation>演示时画面不自行移动</translation>
        </message>
        <message>
            <source>For an audience: large, and the scenarios that are pinned by the keys 1 to 9</source>
            <translation>面向听众：大字显示，按数字键 1–9 调出已钉住的方案</translation>
        </message>
        <message>
            <source>Lessons</source>
            <translation>课程</translation>
        </message>
        <message>
            <source>Learn step by step, in this window, with its sliders</source>
            <translation>就在这个窗口里，拖动它的滑块，一步步地学</translation>
        </message>
        <message>
            <source>Next step</source>
            <translation>下一步</translation>
        </message>
        <message>
            <source>To the next step of the lesson</source>
            <translation>到课程的下一步</translation>
        </message>
        <message>
            <source>Take home…</source>
            <translation>导出…</translation>
        </message>
        <message>
            <source>Save a report on one page, the chart, or the table</source>
            <translation>保存单页报告、图表或表格</translation>
        </message>
        <message>
            <source>Copy the chart</source>
            <translation>复制图表</translation>
        </message>
        <message>
            <source>Onto the clipboard, as a picture</source>
            <translation>以图片形式复制到剪贴板</translation>
        </message>
        <message>
            <source>Copy the table</source>
            <translation>复制表格</translation>
        </message>
        <message>
            <source>Onto the clipboard, in bytes, for a spreadsheet</source>
            <translation>以字节为单位复制到剪贴板，供电子表格使用</translation>
        </message>
        <message>
            <source>Glossary</source>
            <translation>术语表</translation>
        </message>
        <message>
            <source>What the control in use, or what is pointed at, is about</source>
            <translation>正在用的控件或所指的部分是什么意思</translation>
        </message>
        <message>
            <source>Keys</source>
            <translation>快捷键</translation>
        </message>
        <message>
            <source>All keys on one sheet</source>
            <translation>所有快捷键一览</translation>
        </message>
        <message>
            <source>About</source>
            <translation>关于</translation>
        </message>
        <message>
            <source>Version, data and their dates, licences</source>
            <translation>版本、数据及日期、许可证</translation>
        </message>
        <message>
            <source>What’s this?</source>
            <translation>这是什么？</translation>
        </message>
        <message>
            <source>Then click on a part of the window</source>
            <translation>然后点击窗口中的任一部分</translation>
        </message>
    </context>
    <context>
        <name>Words</name>
        <message>
            <source>Weights</source>
            <translation>权重</translation>
        </message>
        <message>
            <source>Gradients</source>
            <translation>梯度</translation>
        </message>
        <message>
            <source>Optimizer</source>
            <translation>优化器</translation>
        </message>
        <message>
            <source>KV cache</source>
            <translation>KV 缓存</translation>
        </message>
        <message>
            <source>Activations</source>
            <translation>激活</translation>
        </message>
        <message>
            <source>Logits</source>
            <translation>Logits</translation>
        </message>
        <message>
            <source>Workspace</source>
            <translation>临时缓冲区</translation>
        </message>
        <message>
            <source>Inputs</source>
            <translation>输入数据</translation>
        </message>
        <message>
            <source>Communication</source>
            <translation>通信缓冲区</translation>
        </message>
        <message>
            <source>Runtime</source>
            <translation>运行时开销</translation>
        </message>
        <message>
            <source>Reserve</source>
            <translation>分配器余量</translation>
        </message>
        <message>
            <source>The model itself: every parameter, in the chosen precision.</source>
            <translation>模型本身：全部参数，按所选精度存放。</translation>
        </message>
        <message>
            <source>How each trained weight should change; as many values as there are trained weights.</source>
            <translation>每个可训练权重该往哪边改；有多少可训练权重，就有多少个值。</translation>
        </message>
        <message>
            <source>What the optimizer remembers of every trained weight: moments, and master weights if any.</source>
            <translation>优化器为每个可训练权重保存的状态：动量，以及 fp32 主权重（如果有）。</translation>
        </message>
        <message>
            <source>Intermediate results: kept for the backward pass in training, the working set of the prompt in inference.</source>
            <translation>中间计算结果：训练时要留到反向传播，推理时是处理提示词期间占用的部分。</translation>
        </message>
        <message>
            <source>A score for every word of the vocabulary, and the loss made of them.</source>
            <translation>词表中每个词的得分，以及由此算出的损失。</translation>
        </message>
        <message>
            <source>Temporary buffers: attention scores, dequantized weights, copies made by the optimizer step.</source>
            <translation>临时占用：注意力分数、反量化后的权重、优化器更新时的副本。</translation>
        </message>
        <message>
            <source>The batch itself: token ids and labels.</source>
            <translation>这一批数据本身：token id 和标签。</translation>
        </message>
        <message>
            <source>Buffers for exchanging data between GPUs.</source>
            <translation>多卡之间交换数据用的缓冲区。</translation>
        </message>
        <message>
            <source>Hardware and library overhead: the CUDA context and kernels of the process.</source>
            <translation>硬件和依赖库开销：进程的 CUDA 上下文和内核代码。</translation>
        </message>
        <message>
            <source>What the allocator holds beyond the tensors: rounding and gaps.</source>
            <translation>分配器在张量之外多占的显存：对齐和碎片。</translation>
        </message>
        <message>
            <source>load</source>
            <translation>加载</translation>
        </message>
        <message>
            <source>prefill</source>
            <translation>预填充</translation>
        </message>
        <message>
            <source>decode</source>
            <translation>解码</translation>
        </message>
        <message>
            <source>profile run</source>
            <translation>试运行</translation>
        </message>
        <message>
            <source>serving</source>
            <translation>服务</translation>
        </message>
        <message>
            <source>forward</source>
            <translation>前向传播</translation>
        </message>
        <message>
            <source>backward</source>
            <translation>反向传播</translation>
        </message>
        <message>
            <source>optimizer step</source>
            <translation>优化器更新</translation>
        </message>
        <message>
            <source>between steps</source>
            <translation>两步之间</translation>
        </message>
        <message>
            <source>Fits</source>
            <translation>放得下</translation>
        </message>
        <message>
            <source>Tight</source>
            <translation>吃紧</translation>
        </message>
        <message>
            <source>OOM</source>
            <translation>爆显存</translation>
        </message>
        <message>
            <source>the weights alone do not fit.</source>
            <translation>光是权重就放不下。</translation>
        </message>
        <message>
            <source>the weights fit; gradients and optimizer on top do not.</source>
            <translation>权重放得下，加上梯度和优化器就放不下了。</translation>
        </message>
        <message>
            <source>the model fits; what grows with batch and context does not.</source>
            <translation>模型放得下，随批处理大小和上下文增长的部分放不下。</translation>
        </message>
        <message>
            <source>weights, gradients and optimizer fit; what the optimizer step needs on top does not.</source>
            <translation>权重、梯度和优化器放得下，优化器更新时额外需要的放不下。</translation>
        </message>
        <message>
            <source>Inference</source>
            <translation>推理</translation>
        </message>
        <message>
            <source>Training</source>
            <translation>训练</translation>
        </message>
        <message>
            <source>pure 16-bit</source>
            <translation>纯 16 位</translation>
        </message>
        <message>
            <source>mixed (fp32 master)</source>
            <translation>混合（fp32 主权重）</translation>
        </message>
        <message>
            <source>AMP (autocast)</source>
            <translation>AMP (autocast)</translation>
        </message>
        <message>
            <source>8-bit AdamW</source>
            <translation>8 位 AdamW</translation>
        </message>
        <message>
            <source>8-bit AdamW, paged</source>
            <translation>8 位 AdamW（分页）</translation>
        </message>
        <message>
            <source>SGD with momentum</source>
            <translation>SGD（带动量）</translation>
        </message>
        <message>
            <source>plain</source>
            <translation>普通</translation>
        </message>
        <message>
            <source>one kernel (fused)</source>
            <translation>单核融合</translation>
        </message>
        <message>
            <source>in chunks (Liger, CCE)</source>
            <translation>分块（Liger、CCE）</translation>
        </message>
        <message>
            <source>SDPA (flash)</source>
            <translation>SDPA (flash)</translation>
        </message>
        <message>
            <source>eager (stores scores)</source>
            <translation>eager（保存注意力分数）</translation>
        </message>
        <message>
            <source>detailed</source>
            <translation>详细估算</translation>
        </message>
        <message>
            <source>rule of thumb</source>
            <translation>经验估算</translation>
        </message>
        <message>
            <source>8 bits: the loss is hardly measurable.</source>
            <translation>8 位：精度损失几乎测不出来。</translation>
        </message>
        <message>
            <source>5 or 6 bits: a loss that benchmarks barely show.</source>
            <translation>5 或 6 位：评测中几乎看不出损失。</translation>
        </message>
        <message>
            <source>4 bits: a small loss in benchmarks, larger in small models.</source>
            <translation>4 位：评测中有小幅损失，小模型损失更大。</translation>
        </message>
        <message>
            <source>3 bits or fewer: a clear loss; try it on your own tasks.</source>
            <translation>3 位及以下：损失明显，请用自己的任务试一试。</translation>
        </message>
        <message>
            <source>No real framework fully trains weights narrower than 16 bits. Pick bf16, or QLoRA over a quantized model.</source>
            <translation>没有哪个框架真能用低于 16 位的权重做全量训练。请选 bf16，或在量化模型上用 QLoRA。</translation>
        </message>
        <message>
            <source>This recipe stores 16-bit weights. For fp32 weights pick the recipe fp32 or AMP.</source>
            <translation>这种精度方案存的是 16 位权重。要用 fp32 权重，请选 fp32 或 AMP 方案。</translation>
        </message>
        <message>
            <source>No training recipe stores weights in this format. Pick bf16 or fp16.</source>
            <translation>没有哪种精度方案用这种格式存权重。请选 bf16 或 fp16。</translation>
        </message>
        <message>
            <source>LoRA over quantized weights is QLoRA. Pick QLoRA, or 16-bit weights.</source>
            <translation>在量化权重上做 LoRA 就是 QLoRA。请选 QLoRA，或改用 16 位权重。</translation>
        </message>
        <message>
            <source>LoRA runs over bf16, fp16 or fp32 weights.</source>
            <translation>LoRA 的底座权重须为 bf16、fp16 或 fp32。</translation>
        </message>
        <message>
            <source>QLoRA runs over int4 or int8 weights. Pick one of them, or LoRA.</source>
            <translation>QLoRA 的底座权重须为 int4 或 int8。请选其一，或改用 LoRA。</translation>
        </message>
        <message>
            <source>A model built like this in fp32 or AMP is not modelled yet. Pick the recipe mixed or pure 16-bit.</source>
            <translation>这种结构的模型在 fp32 或 AMP 下的训练尚未建模。请选择 mixed 或 pure 16-bit 配方。</translation>
        </message>
        <message>
            <source>Attention with capped scores runs eager only. Pick eager attention.</source>
            <translation>带分数上限的注意力只能以 eager 方式运行。请选择 eager 注意力。</translation>
        </message>
        <message>
            <source>Attention with sinks runs eager only. Pick eager attention.</source>
            <translation>带 sink 的注意力只能以 eager 方式运行。请选择 eager 注意力。</translation>
        </message>
        <message>
            <source>This runtime does not load weights in this format. Pick another format.</source>
            <translation>该运行时无法加载这种格式的权重。请换一种格式。</translation>
        </message>
        <message>
            <source>vLLM makes no pipeline of this model. Pick tensor parallelism, or replicas.</source>
            <translation>vLLM 不能把这个模型做成流水线。请选张量并行或副本。</translation>
        </message>
        <message>
            <source>Trainers divide a model with mixers by replicas only; but Megatron, in full training, one with Mamba-2. Pick 1, or Megatron's distributed optimizer.</source>
            <translation>训练框架只能用副本划分带状态层的模型；只有 Megatron 能在全量训练中拆分含 Mamba-2 的模型。请选 1，或 Megatron 的分布式优化器。</translation>
        </message>
        <message>
            <source>fp8 linear layers are modelled as Megatron runs them, in full training of dense models. Pick 16 bits, or Megatron's distributed optimizer.</source>
            <translation>fp8 线性层只按 Megatron 的方式、对稠密模型的全量训练建模。请选 16 位，或 Megatron 的分布式优化器。</translation>
        </message>
        <message>
            <source>This is neither a scenario nor a model’s config.json: {detail}.</source>
            <translation>这既不是场景，也不是模型的 config.json：{detail}。</translation>
        </message>
        <message>
            <source>{detail} models do not generate text; only models that do are estimated.</source>
            <translation>{detail} 模型不生成文本；这里只估算生成文本的模型。</translation>
        </message>
        <message>
            <source>Models of the type {detail} are not modelled yet. Set the sizes by hand, or pick a similar model.</source>
            <translation>{detail} 类模型尚未建模。请手动设置大小，或选择相近的模型。</translation>
        </message>
        <message>
            <source>This model has something that is not modelled yet: {detail}.</source>
            <translation>此模型含有尚未建模的部分：{detail}。</translation>
        </message>
        <message>
            <source>A size in this configuration cannot be: {detail}.</source>
            <translation>此配置中有不可能的大小：{detail}。</translation>
        </message>
        <message>
            <source>This file of tensors cannot be read: {detail}.</source>
            <translation>无法读取这个张量文件：{detail}。</translation>
        </message>
        <message>
            <source>{file} says nothing of heads and layers. Put the model’s config.json beside it.</source>
            <translation>{file} 没有说明注意力头和层数。请把模型的 config.json 放在它旁边。</translation>
        </message>
        <message>
            <source>{id} was never read before, and HF_HUB_OFFLINE forbids to ask {hub}.</source>
            <translation>从未读取过 {id}，而 HF_HUB_OFFLINE 禁止访问 {hub}。</translation>
        </message>
        <message>
            <source>{hub} cannot be reached. Check the network, or set HF_ENDPOINT to a mirror. ({detail})</source>
            <translation>无法连接 {hub}。请检查网络，或将 HF_ENDPOINT 设为镜像。（{detail}）</translation>
        </message>
        <message>
            <source>{id} is gated. Accept its terms on {hub}, then log in with “hf auth login” or set HF_TOKEN.</source>
            <translation>{id} 需要授权。请在 {hub} 上接受其条款，然后用“hf auth login”登录或设置 HF_TOKEN。</translation>
        </message>
        <message>
            <source>{hub} has no model {id}, or it is private. Check the spelling, or set HF_TOKEN.</source>
            <translation>{hub} 上没有模型 {id}，或它是私有的。请检查拼写，或设置 HF_TOKEN。</translation>
        </message>
        <message>
            <source>{id} has no config.json; its tensors alone do not say how it is built.</source>
            <translation>{id} 没有 config.json；仅凭张量无法知道模型结构。</translation>
        </message>
        <message>
            <source>Its vision tower is not counted.</source>
            <translation>未计入其视觉塔。</translation>
        </message>
        <message>
            <source>Its quantization is not known; pick a format.</source>
            <translation>其量化方式未知；请选择格式。</translation>
        </message>
        <message>
            <source>Not understood: {keys}.</source>
            <translation>未能识别：{keys}。</translation>
        </message>
        <message>
            <source>Weights as in the file: {bytes} bytes.</source>
            <translation>权重以文件为准：{bytes} 字节。</translation>
        </message>
        <message>
            <source>The file holds {values} values, more or fewer than this shape: something of it is not modelled.</source>
            <translation>文件含有 {values} 个值，与该结构不符：其中有部分尚未建模。</translation>
        </message>
        <message>
            <source>Its model {name} is not in the list; pick one.</source>
            <translation>其模型 {name} 不在列表中，请选择一个。</translation>
        </message>
        <message>
            <source>Not modelled: {what}.</source>
            <translation>尚未建模：{what}。</translation>
        </message>
        <message>
            <source>One GPU is estimated, as if nothing were spread over others ({what}).</source>
            <translation>按单块 GPU 估算，不计分布到其他显卡的部分（{what}）。</translation>
        </message>
        <message>
            <source>Not all of its files are here; the weights follow from the shape.</source>
            <translation>文件不全；权重按结构推算。</translation>
        </message>
        <message>
            <source>Type a number between {low} and {high}.</source>
            <translation>请输入 {low} 到 {high} 之间的数。</translation>
        </message>
        <message>
            <source>That is too long for a number.</source>
            <translation>太长了，不是有效的数。</translation>
        </message>
        <message>
            <source>That is not a number. Try {low}, 8k or 70b.</source>
            <translation>这不是一个数。试试 {low}、8k 或 70b。</translation>
        </message>
        <message>
            <source>Unknown unit “{suffix}”. Use k, m, b or t, or 万 and 亿.</source>
            <translation>不认识单位“{suffix}”，可用 k、m、b、t、万、亿。</translation>
        </message>
        <message>
            <source>Whole numbers only.</source>
            <translation>只能是整数。</translation>
        </message>
        <message>
            <source>At least {low}.</source>
            <translation>不能小于 {low}。</translation>
        </message>
        <message>
            <source>At most {high}.</source>
            <translation>不能大于 {high}。</translation>
        </message>
        <message>
            <source>This run on several GPUs is not modelled yet. Pick one GPU.</source>
            <translation>在多个 GPU 上的这种运行尚未建模。请选择一个 GPU。</translation>
        </message>
        <message>
            <source>Tensor parallelism divides whole heads. Pick a size that divides the heads of this model.</source>
            <translation>张量并行按整个注意力头切分。请选择能整除该模型头数的大小。</translation>
        </message>
        <message>
            <source>Every pipeline stage needs layers, and together they have all of the model's. Pick fewer stages, or an even split.</source>
            <translation>每个流水线阶段都要有层，且合起来正好是模型的全部层。请减少阶段数，或改为均匀切分。</translation>
        </message>
        <message>
            <source>Interleaved stages need a pipeline, and micro-batches in multiples of its stages. Pick 1 virtual stage.</source>
            <translation>交错调度需要流水线，且微批次数须为阶段数的整数倍。请把虚拟阶段设为 1。</translation>
        </message>
        <message>
            <source>No framework runs ZeRO-2 or ZeRO-3 within a pipeline. Pick ZeRO-1, or no pipeline.</source>
            <translation>没有框架在流水线中使用 ZeRO-2 或 ZeRO-3。请选择 ZeRO-1，或不用流水线。</translation>
        </message>
        <message>
            <source>Expert parallelism divides whole experts among the GPUs of one stage. Pick a size that divides both.</source>
            <translation>专家并行把整个专家分给同一阶段的各 GPU。请选择能同时整除两者的大小。</translation>
        </message>
        <message>
            <source>Context parallelism needs a fused attention kernel. Pick SDPA, or no context parallelism.</source>
            <translation>上下文并行需要融合的注意力内核。请选择 SDPA，或不用上下文并行。</translation>
        </message>
        <message>
            <source>No trainer splits a quantized model by tensor, pipeline or context parallelism. Pick FSDP or ZeRO alone.</source>
            <translation>没有训练框架对量化模型做张量、流水线或上下文并行。请只用 FSDP 或 ZeRO。</translation>
        </message>
        <message>
            <source>DeepSpeed and Megatron keep fp32 master weights. Pick the recipe mixed or fp32, or FSDP.</source>
            <translation>DeepSpeed 和 Megatron 会保留 fp32 主权重。请选择 mixed 或 fp32 配方，或改用 FSDP。</translation>
        </message>
        <message>
            <source>What is offloaded must be divided between the GPUs: weights by ZeRO-3 or FSDP, the optimizer by ZeRO, FSDP or Megatron.</source>
            <translation>要卸载的内容必须先在 GPU 间切分：权重用 ZeRO-3 或 FSDP，优化器用 ZeRO、FSDP 或 Megatron。</translation>
        </message>
        <message>
            <source>FSDP offloads weights, gradients and optimizer together. Pick both, or neither.</source>
            <translation>FSDP 会把权重、梯度和优化器一起卸载。请同时选择，或都不选。</translation>
        </message>
        <message>
            <source>Only ZeRO-3 offloads to disks. Pick ZeRO-3, or the host's memory.</source>
            <translation>只有 ZeRO-3 能卸载到磁盘。请选择 ZeRO-3，或卸载到主机内存。</translation>
        </message>
        <message>
            <source>An optimizer that steps in the backward pass goes with FSDP2 alone, and without accumulation. Pick gradients per step.</source>
            <translation>在反向传播中更新的优化器只能搭配 FSDP2，且不能累积梯度。请改为每步保留梯度。</translation>
        </message>
        <message>
            <source>next token (SFT)</source>
            <translation>下一个 token（SFT）</translation>
        </message>
        <message>
            <source>The loss of this preference method is not computed that way. Pick the plain loss.</source>
            <translation>这种偏好方法的损失不这样计算。请选普通损失。</translation>
        </message>
        <message>
            <source>This runtime spreads inference otherwise: transformers and llama.cpp by layers, vLLM and SGLang by matrices.</source>
            <translation>这个运行时的多卡推理方式不同：transformers 和 llama.cpp 按层切分，vLLM 和 SGLang 按矩阵切分。</translation>
        </message>
        <message>
            <source>in 16 bits (older models’ own)</source>
            <translation>按 16 位计算（旧模型自带）</translation>
        </message>
        <message>
            <source>Keys and values of every token read so far, so that they need not be computed again; of layers with a state, that state.</source>
            <translation>已读入的每个 token 的 Key 和 Value，存下来就不用重算；带状态的层存的是状态。</translation>
        </message>
        <message>
            <source>Its vision tower is loaded too: {parameters} parameters.</source>
            <translation>它的视觉塔也会加载：{parameters} 个参数。</translation>
        </message>
        <message>
            <source>An image takes up to {tokens} tokens of the context.</source>
            <translation>一张图像最多占用上下文中的 {tokens} 个词元。</translation>
        </message>
        <message>
            <source>Adapters on experts, or on a model built like this, are not modelled yet. Pick q, k, v, o, or full training.</source>
            <translation>加在专家上的适配器，或这种结构的模型上的适配器，尚未建模。请选择 q、k、v、o，或全量训练。</translation>
        </message>
        <message>
            <source>Engines split a quantized Mamba-2 model only over as many GPUs as divide the groups of its mixers. Pick fewer, or bf16.</source>
            <translation>推理引擎拆分量化的 Mamba-2 模型时，GPU 数必须能整除其混合器的组数。请减少 GPU 数，或选 bf16。</translation>
        </message>
        <message>
            <source>{detail} is an encoder: it reads text and writes none. Models that generate text are estimated.</source>
            <translation>{detail} 是编码器：只读文本，不生成文本。这里只估算生成文本的模型。</translation>
        </message>
        <message>
            <source>{detail} has an encoder before its decoder. Models that are a decoder alone are estimated.</source>
            <translation>{detail} 在解码器之前还有编码器。这里只估算纯解码器模型。</translation>
        </message>
        <message>
            <source>{detail} is a model of pictures. Models that generate text are estimated.</source>
            <translation>{detail} 是图像模型。这里只估算生成文本的模型。</translation>
        </message>
        <message>
            <source>{detail} is a model of sound. Models that generate text are estimated.</source>
            <translation>{detail} 是音频模型。这里只估算生成文本的模型。</translation>
        </message>
        <message>
            <source>{detail} belongs to a diffusion model. Models that generate text token by token are estimated.</source>
            <translation>{detail} 属于扩散模型。这里只估算逐 token 生成文本的模型。</translation>
        </message>
        <message>
            <source>{what} ({sizes}).</source>
            <translation>{what}（{sizes}）。</translation>
        </message>
        <message>
            <source>This configuration contradicts itself. {detail}</source>
            <translation>这份配置自相矛盾。{detail}</translation>
        </message>
        <message>
            <source>The number of attention heads must be a multiple of the key and value heads</source>
            <translation>注意力头数必须是键值头数的整数倍</translation>
        </message>
        <message>
            <source>A token goes through at least one expert, and through no more than there are</source>
            <translation>每个 token 至少经过一个专家，且不超过专家总数</translation>
        </message>
        <message>
            <source>Experts need a width</source>
            <translation>专家必须有宽度</translation>
        </message>
        <message>
            <source>Latent attention needs the widths of its heads</source>
            <translation>潜在注意力（MLA）需要各种头的宽度</translation>
        </message>
        <message>
            <source>A sliding window needs layers that have it, and no more than there are</source>
            <translation>滑动窗口需要有使用它的层，且不超过总层数</translation>
        </message>
        <message>
            <source>Layers without attention or MLP need a mixer, such as Mamba</source>
            <translation>没有注意力或 MLP 的层需要混合器（如 Mamba）</translation>
        </message>
        <message>
            <source>More layers have a mixer, or no attention, than there are</source>
            <translation>带混合器或没有注意力的层多于总层数</translation>
        </message>
        <message>
            <source>Either each layer with a mixer or attention has an MLP, or none has</source>
            <translation>带混合器或注意力的层，要么都有 MLP，要么都没有</translation>
        </message>
        <message>
            <source>The mixer needs these sizes</source>
            <translation>混合器缺少这些尺寸</translation>
        </message>
        <message>
            <source>The value heads of linear attention must be a multiple of its key heads, and heads need a width</source>
            <translation>线性注意力的值头数必须是键头数的整数倍，且头必须有宽度</translation>
        </message>
        <message>
            <source>Experts are spread over more GPUs than one pipeline stage has</source>
            <translation>专家分布的 GPU 数超过一个流水线阶段所有的</translation>
        </message>
        <message>
            <source>Layers are named for another number of pipeline stages</source>
            <translation>列出层数的流水线阶段数目不符</translation>
        </message>
        <message>
            <source>Cards are named for another number of GPUs</source>
            <translation>列出的显卡数与 GPU 数不符</translation>
        </message>
        <message>
            <source>Layers that differ in shape do not add up to those of their kind</source>
            <translation>形状不同的各层加起来与该类层的总数不符</translation>
        </message>
        <message>
            <source>Layers that differ in shape are not modelled together with these pieces</source>
            <translation>形状不同的层与这些组件同时出现的情形尚未建模</translation>
        </message>
        <message>
            <source>A layer without attention has no window and no shared keys, and each block needs a norm of its own</source>
            <translation>没有注意力的层不能有滑动窗口或共享的键，且每个子块须有自己的归一化</translation>
        </message>
        <message>
            <source>Context parallelism divides the heads of a mixer, those that tensor parallelism leaves to a GPU. Pick a size that divides them.</source>
            <translation>上下文并行划分张量并行分给每个 GPU 的状态层的头。请选能整除它们的大小。</translation>
        </message>
        <message>
            <source>Heads that predict tokens ahead are not modelled yet for a model whose layers are of several kinds. Go without them.</source>
            <translation>层有好几种的模型，其多词元预测头尚未建模。请不使用它们。</translation>
        </message>
        <message>
            <source>vLLM drafts as many tokens as the model has heads, fewer, or a multiple. Pick such a number.</source>
            <translation>vLLM 起草的 token 数等于、少于模型的预测头数，或是其倍数。请选这样的数。</translation>
        </message>
        <message>
            <source>Megatron computes the layers of these heads again one by one. Pick groups of one layer, or no heads.</source>
            <translation>Megatron 对这些预测头的层逐层重新计算。请选每组一层，或不训练预测头。</translation>
        </message>
        <message>
            <source>Heads that predict tokens ahead: {parameters} parameters more, loaded by engines to draft tokens.</source>
            <translation>多词元预测头：另有 {parameters} 个参数，引擎为起草 token 才加载。</translation>
        </message>
        <message>
            <source>PEFT adapts experts’ gate and up together, without dropout; modelled is LoRA over 16-bit weights on one GPU, with SDPA. Pick q, k, v, o.</source>
            <translation>PEFT 给专家的 gate 与 up 一起加适配器，且不支持 dropout；已建模的是单卡、16 位权重、SDPA 下的 LoRA。请选 q、k、v、o。</translation>
        </message>
        <message>
            <source>GPUs that share an expert have equal parts of it; in vLLM replicas share them too. Pick fewer, or expert parallelism.</source>
            <translation>共享一个专家的 GPU 各分得相等的一份；在 vLLM 中各副本也分摊专家。请减少 GPU 数，或用专家并行。</translation>
        </message>
        <message>
            <source>Training of Kimi delta attention is not modelled yet. Pick inference, or another model.</source>
            <translation>Kimi delta attention 的训练尚未建模。请选择推理，或换一个模型。</translation>
        </message>
        <message>
            <source>Kimi delta attention in this runtime is not modelled yet. Pick transformers, vLLM or SGLang.</source>
            <translation>Kimi delta attention 在此运行时中尚未建模。请选择 transformers、vLLM 或 SGLang。</translation>
        </message>
        <message>
            <source>Training a model with several residual streams (Gemma 3n) is not modelled yet. Inference is; or pick Gemma 4.</source>
            <translation>尚未对带多条残差流的模型（Gemma 3n）的训练建模。推理已支持；也可改选 Gemma 4。</translation>
        </message>
    </context>
    <context>
        <name>_Differences</name>
        <message>
            <source>now</source>
            <extracomment>With more columns there is room for the difference alone.</extracomment>
            <translation>当前</translation>
        </message>
        <message>
            <source>Name</source>
            <translation>名称</translation>
        </message>
        <message>
            <source>Model</source>
            <translation>模型</translation>
        </message>
        <message>
            <source>Run</source>
            <translation>任务</translation>
        </message>
        <message>
            <source>Weights as</source>
            <translation>权重精度</translation>
        </message>
        <message>
            <source>Batch × context</source>
            <translation>批 × 上下文</translation>
        </message>
        <message>
            <source>Peak</source>
            <translation>峰值</translation>
        </message>
    </context>
    <context>
        <name>_Film</name>
        <message>
            <source>Memory over time</source>
            <extracomment>From one level to the next, as a share of a moment's width: memory rises and falls within moments, not between them.</extracomment>
            <translation>显存随时间的变化</translation>
        </message>
        <message>
            <source>allocated</source>
            <translation>已分配</translation>
        </message>
        <message>
            <source>reserved</source>
            <translation>已保留</translation>
        </message>
        <message>
            <source>process</source>
            <translation>进程</translation>
        </message>
        <message>
            <source>{gpu}: {usable} usable</source>
            <translation>{gpu}：可用 {usable}</translation>
        </message>
        <message>
            <source>peak {amount}</source>
            <translation>峰值 {amount}</translation>
        </message>
    </context>
    <context>
        <name>_Numbers</name>
        <message>
            <source>{moment} (peak)</source>
            <translation>{moment}（峰值）</translation>
        </message>
        <message>
            <source>Allocated</source>
            <translation>已分配</translation>
        </message>
        <message>
            <source>Reserved</source>
            <translation>已保留</translation>
        </message>
        <message>
            <source>Process (nvidia-smi)</source>
            <translation>进程（nvidia-smi）</translation>
        </message>
        <message>
            <source>{count} bytes</source>
            <translation>{count} 字节</translation>
        </message>
    </context>
    <context>
        <name>_Table</name>
        <message>
            <source>Strategy</source>
            <translation>方案</translation>
        </message>
        <message>
            <source>Per GPU</source>
            <translation>每卡</translation>
        </message>
        <message>
            <source>Free</source>
            <translation>剩余</translation>
        </message>
        <message>
            <source>Sent a step</source>
            <translation>每步通信</translation>
        </message>
        <message>
            <source>What the GPU that needs most needs</source>
            <translation>用得最多的那张卡的用量</translation>
        </message>
        <message>
            <source>What it leaves free of its card</source>
            <translation>那张卡上还剩多少</translation>
        </message>
        <message>
            <source>What one GPU sends to others in one step; of decoding, for one token of every sequence</source>
            <translation>一张卡每步发给其他卡的数据量；解码时按每条序列一个 token 计</translation>
        </message>
        <message>
            <source>Host</source>
            <translation>主机</translation>
        </message>
        <message>
            <source>Waiting</source>
            <translation>等待</translation>
        </message>
        <message>
            <source>How the run is spread; a double-click takes it. ≈ fits by the estimate, but not surely</source>
            <translation>切分方式；双击即采用。≈ 表示按估算放得下，但不能确定</translation>
        </message>
        <message>
            <source>What GPUs wait for each other, none of it hidden, over what they compute: the order of the list</source>
            <translation>各卡相互等待的时间（不计与计算重叠）与计算时间之比：列表按此排序</translation>
        </message>
        <message>
            <source>The pipeline stands still for {share} of a step.</source>
            <translation>流水线在一步中有 {share} 的时间空转。</translation>
        </message>
        <message>
            <source>Fits by the estimate, but not surely: runs of this kind differ by more.</source>
            <translation>按估算放得下，但不能确定：这类运行的实测差异更大。</translation>
        </message>
        <message>
            <source>What lies in the host memory of one machine</source>
            <translation>一台机器的主机内存中存放的部分</translation>
        </message>
        <message>
            <source>{size} go to the host and back in a step.</source>
            <translation>一步中有 {size} 在主机与显卡之间往返。</translation>
        </message>
    </context>
</TS>
