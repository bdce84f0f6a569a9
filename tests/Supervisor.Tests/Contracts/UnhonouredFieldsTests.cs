using System.Text.Json;
using Ingestion.Contracts.Specs;

namespace Ingestion.Supervisor.Tests.Contracts;

public sealed class UnhonouredFieldsTests
{
    [Fact]
    public void Each_member_without_effect_is_named_with_its_path_and_a_null_is_none()
    {
        var spec = JsonDocument.Parse("""
            {"type":"kafka","resource":"x","context":{"priority":75,"useSharedLock":true,"storeEmptyColumns":true},"spec":{
              "dataSchema":{"dataSource":"wiki","granularitySpec":{"type":"uniform","intervals":[]}},
              "ioConfig":{"topic":"wiki","pollTimeout":100,"period":null,"emitTimeLagMetrics":true,"consumerProperties":{"bootstrap.servers":"k:9092","max.poll.records":"5"},"inputFormat":{"type":"json","keepNullColumns":true,"charset":"x","flattenSpec":{"fields":[],"depth":1}}},
              "tuningConfig":{"type":"kafka","resetOffsetAutomatically":true,"intermediatePersistPeriod":"PT1M","workerThreads":2,
                "indexSpec":{"bitmap":{"type":"roaring"},"jsonCompression":"lz4","complexMetricCompression":"lz4"},"indexSpecForIntermediatePersists":{}}}}
            """).RootElement;
        Assert.Equal(
        [
            "$.resource: is kept and has no effect here",
            "$.context.storeEmptyColumns: is kept and has no effect here",
            "$.spec.dataSchema.granularitySpec.intervals: all intervals are read",
            "$.spec.ioConfig.pollTimeout: the consumer waits for records, not for time",
            "$.spec.ioConfig.emitTimeLagMetrics: lag is measured in records, their times are not asked for",
            "$.spec.ioConfig.consumerProperties.max.poll.records: only Kafka's Java client has it",
            "$.spec.ioConfig.inputFormat.charset: is kept and has no effect here",
            "$.spec.ioConfig.inputFormat.flattenSpec.depth: is kept and has no effect here",
            "$.spec.tuningConfig.intermediatePersistPeriod: memory alone decides when rows are spilled",
            "$.spec.tuningConfig.workerThreads: no thread is kept for a supervisor",
            "$.spec.tuningConfig.indexSpec.jsonCompression: no column that it concerns is written",
            "$.spec.tuningConfig.indexSpec.complexMetricCompression: no metric that it concerns is written",
            "$.spec.tuningConfig.indexSpecForIntermediatePersists: rows are spilled in a form of our own",
        ], UnhonouredFields.Of(spec).Select(p => p.ToString()));
    }

    [Fact]
    public void Members_of_transforms_and_filters_that_mean_nothing_are_named()
    {
        var spec = JsonDocument.Parse("""
            {"type":"kafka","spec":{"dataSchema":{"transformSpec":{"comment":"x","transforms":[{"type":"expression","name":"a","expression":"1","outputType":"LONG"}],
              "filter":{"type":"and","fields":[{"type":"not","field":{"type":"selector","dimension":"a","value":"1","Value":"2","filterTuning":null}},{"type":"true","of":1}]}}}}}
            """).RootElement;
        Assert.Equal(
        [
            "$.spec.dataSchema.transformSpec.transforms[0].outputType", "$.spec.dataSchema.transformSpec.filter.fields[0].field.Value",
            "$.spec.dataSchema.transformSpec.filter.fields[1].of", "$.spec.dataSchema.transformSpec.comment",
        ], UnhonouredFields.Of(spec).Select(p => p.Path));
    }

    [Fact]
    public void Spec_of_another_shape_is_looked_at_as_far_as_it_goes() =>
        Assert.Equal(["$.tuningConfig.chatRetries: calls are repeated by rounds until they succeed"],
            UnhonouredFields.Of(JsonDocument.Parse("""{"type":"kafka","ioConfig":[],"tuningConfig":{"chatRetries":8},"context":null}""").RootElement).Select(p => p.ToString()));
}
