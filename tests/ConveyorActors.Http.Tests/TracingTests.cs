using System.Diagnostics;

namespace ConveyorActors.Http.Tests;

/// <summary>A record's trace from offer to lease.</summary>
public sealed class TracingTests
{
    const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const string Own = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public async Task A_lease_is_linked_to_the_traces_of_its_records()
    {
        var stage = $"traced {Guid.NewGuid()}";
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "ConveyorActors",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (spans)
                    if (span.GetTagItem("messaging.destination.name") as string == stage)
                        spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var serving = await Serving.StartAsync();
        using var content = new StringContent(
            $"{{\"text\":\"a\"}}\n{{\"text\":\"b\",\"headers\":{{\"traceparent\":\"{Own}\"}}}}",
            null,
            Serving.JsonLines
        );
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            $"/v1/pipelines/orders/stages/{stage}/records?source=web&body=records"
        )
        {
            Content = content,
        };
        request.Headers.Add("traceparent", Parent);

        await Serving.OkAsync(await serving.Client.SendAsync(request));
        var lease = await serving.LeaseAsync(stage: stage);
        await Within.ReachAsync(() =>
        {
            lock (spans)
                return Task.FromResult(spans.Count == 2);
        });

        Assert.Equal([Parent, Own], lease.Items("records").Select(r => r.GetProperty("headers").Text("traceparent")));
        Assert.Equal([$"send {stage}", $"receive {stage}"], spans.Select(s => s.DisplayName));
        Assert.Equal(
            ["0af7651916cd43dd8448eb211c80319c", "1af7651916cd43dd8448eb211c80319c"],
            spans[1].Links.Select(l => l.Context.TraceId.ToString())
        );
        Assert.Equal(ActivityKind.Consumer, spans[1].Kind);
    }
}
