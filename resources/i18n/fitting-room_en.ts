<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US">
<context>
    <name>ExplainPage</name>
    <message numerus="yes">
        <source>%Ln moment(s) of runs whose every tensor was tracked: off by {median} % of the peak at the median, {worst} % at worst.</source>
        <translation>
            <numerusform>%Ln moment of runs whose every tensor was tracked: off by {median} % of the peak at the median, {worst} % at worst.</numerusform>
            <numerusform>%Ln moments of runs whose every tensor was tracked: off by {median} % of the peak at the median, {worst} % at worst.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The total, in %Ln published run(s) of {models} of this kind: off by {median} % at the median.</source>
        <translation>
            <numerusform>The total, in %Ln published run of {models} of this kind: off by {median} % at the median.</numerusform>
            <numerusform>The total, in %Ln published runs of {models} of this kind: off by {median} % at the median.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln model(s)</source>
        <translation>
            <numerusform>%Ln model</numerusform>
            <numerusform>%Ln models</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln framework(s)</source>
        <translation>
            <numerusform>%Ln framework</numerusform>
            <numerusform>%Ln frameworks</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>FleetPage</name>
    <message numerus="yes">
        <source>%Ln machine(s)</source>
        <extracomment>Bars that are there to see without scrolling among them.</extracomment>
        <translation>
            <numerusform>%Ln machine</numerusform>
            <numerusform>%Ln machines</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>FoldedPanel</name>
    <message numerus="yes">
        <source>%Ln drafted token(s)</source>
        <translation>
            <numerusform>%Ln drafted token</numerusform>
            <numerusform>%Ln drafted tokens</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Headline</name>
    <message numerus="yes">
        <source>%Ln token(s) drafted a step</source>
        <translation>
            <numerusform>%Ln token drafted a step</numerusform>
            <numerusform>%Ln tokens drafted a step</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Verdict</name>
    <message numerus="yes">
        <source>{runtime}’s pool there: {pool}, %Ln sequence(s) of {context} tokens at once. {limits}</source>
        <translation>
            <numerusform>{runtime}’s pool there: {pool}, %Ln sequence of {context} tokens at once. {limits}</numerusform>
            <numerusform>{runtime}’s pool there: {pool}, %Ln sequences of {context} tokens at once. {limits}</numerusform>
        </translation>
    </message>
</context>
</TS>
