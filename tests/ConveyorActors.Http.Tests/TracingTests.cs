using System.Diagnostics;

namespace ConveyorActors.Http.Tests;

/// <summary>The spans of offers and leases, and a record's trace from its offer to its lease.</summary>
public sealed class TracingTests
{
    readonly string stage = $"traced {Guid.NewGuid()}";

    const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const string Own = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public async Task A_lease_is_linked_to_the_traces_of_its_records()
    {
        var spans = new List<Activity>();
        using var listener = Listen(spans);
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
        Assert.Equal([$"send orders/{stage}", $"receive orders/{stage}"], spans.Select(s => s.DisplayName));
        Assert.Equal(
            ["0af7651916cd43dd8448eb211c80319c", "1af7651916cd43dd8448eb211c80319c"],
            spans[1].Links.Select(l => l.Context.TraceId.ToString())
        );
        Assert.Equal([ActivityKind.Producer, ActivityKind.Client], spans.Select(s => s.Kind));
        Assert.All(spans, span => Assert.Equal(ActivityStatusCode.Unset, span.Status));
    }

    [Fact]
    public async Task The_span_of_a_refused_offer_shows_the_problem()
    {
        var spans = new List<Activity>();
        using var listener = Listen(spans);
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 1 });
        await Serving.OkAsync(await serving.OfferAsync("1", stage: stage));

        await Serving.ProblemAsync(await serving.OfferAsync("2", stage: stage), 429);
        await Within.ReachAsync(() =>
        {
            lock (spans)
                return Task.FromResult(spans.Count == 2);
        });

        Assert.Equal([ActivityStatusCode.Unset, ActivityStatusCode.Error], spans.Select(s => s.Status));
        Assert.Equal("no-room", spans[1].GetTagItem("error.type"));
    }

    ActivityListener Listen(List<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "ConveyorActors",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (spans)
                    if (span.GetTagItem("messaging.destination.name") as string == $"orders/{stage}")
                        spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
