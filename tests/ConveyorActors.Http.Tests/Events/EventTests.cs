using System.Net.ServerSentEvents;

namespace ConveyorActors.Http.Tests.Events;

/// <summary>The event stream.</summary>
public sealed class EventTests
{
    static readonly ConveyorHttpOptions Quick = new() { SampleEvery = TimeSpan.FromMilliseconds(5) };

    [Fact]
    public async Task Every_change_of_a_signal_is_an_event_in_order()
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 10 }, Quick);
        await Serving.OkAsync(await serving.OfferAsync("1"));
        await using var events = await Reader.OpenAsync(serving);
        var state = await events.NextAsync("state");
        Assert.Equal("orders", state.Items("pipelines")[0].Text("pipeline"));
        Assert.Empty(state.Items("pipelines")[0].Items("held"));

        await Serving.OkAsync(await serving.OfferAsync("2\n3\n4\n5\n6\n7\n8\n9\n10"));
        var signal = await events.NextAsync("signal", e => e.Text("signal") == "Pause");
        await Serving.OkAsync(
            await serving.PostAsync($"/v1/leases/{(await serving.LeaseAsync()).Text("leaseId")}/complete", "")
        );

        Assert.Equal("orders", signal.Text("pipeline"));
        Assert.Equal("web", signal.Text("source"));
        await events.NextAsync("signal", e => e.Text("signal") == "None");
    }

    [Fact]
    public async Task Rates_show_the_flow_at_each_stage()
    {
        await using var serving = await Serving.StartAsync(api: Quick);
        await using var events = await Reader.OpenAsync(serving);
        await events.NextAsync("state");

        await Serving.OkAsync(await serving.OfferAsync("1\n2"));
        var rates = await events.NextAsync("rates", e => e.Number("buffered") == 2);

        Assert.True(rates.GetProperty("conserved").GetBoolean());
        Assert.Equal("Running", rates.Text("state"));
        Assert.Equal("0.6", rates.GetProperty("lowWatermark").GetRawText());
        Assert.Equal(2, rates.Items("stages")[0].Number("buffered"));
    }

    [Fact]
    public async Task Rates_list_the_stages_in_order_and_the_held_or_largest_sources()
    {
        await using var serving = await Serving.StartAsync(
            new() { MaxPerSource = 10 },
            Quick with
            {
                StageOrder = ["parse", "load"],
            }
        );
        await using var events = await Reader.OpenAsync(serving);
        for (var i = 0; i < 40; i++)
            await Serving.OkAsync(
                await serving.OfferAsync(i < 30 ? "1\n2" : "1", query: $"source=s{i:00}", stage: "load")
            );
        await Serving.OkAsync(await serving.OfferAsync("1\n2\n3\n4\n5\n6\n7\n8\n9\n10", query: "source=zeal"));

        var rates = await events.NextAsync("rates", e => e.Number("held") == 1 && e.Number("sources") == 41);

        Assert.Equal(["parse", "load"], rates.Items("stages").Select(s => s.Text("stage")));
        Assert.True(rates.GetProperty("ordered").GetBoolean());
        var sources = rates.Items("topSources");
        Assert.Equal(24, sources.Length);
        Assert.Equal(("zeal", "Pause"), (sources[^1].Text("source"), sources[^1].Text("signal")));
        Assert.All(sources[..^1], s => Assert.Equal(2, s.Number("buffered")));
        Assert.Equal(
            sources.Select(s => s.Text("source")).Order(StringComparer.Ordinal),
            sources.Select(s => s.Text("source"))
        );
    }

    [Fact]
    public async Task A_reader_that_reconnects_continues_after_its_last_event()
    {
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 10 }, Quick);
        await Serving.OkAsync(await serving.OfferAsync("1"));
        string last;
        await using (var events = await Reader.OpenAsync(serving))
        {
            await events.NextAsync("state");
            last = events.LastId!;
        }

        await Serving.OkAsync(await serving.OfferAsync("2\n3\n4\n5\n6\n7\n8\n9\n10"));
        // The stream follows a source from the first look at which it has records: the signal must not be over by then.
        await using (var watching = await Reader.OpenAsync(serving, last))
            await watching.NextAsync("signal", e => e.Text("signal") == "Pause");
        await Serving.OkAsync(
            await serving.PostAsync($"/v1/leases/{(await serving.LeaseAsync()).Text("leaseId")}/complete", "")
        );
        await using var again = await Reader.OpenAsync(serving, last);

        await again.NextAsync("signal", e => e.Text("signal") == "Pause");
        Assert.Equal(NumberOf(last) + 1, NumberOf(again.FirstId!));
        await again.NextAsync("signal", e => e.Text("signal") == "None");
        Assert.DoesNotContain("state", again.Kinds);
        Assert.DoesNotContain("missed", again.Kinds);
    }

    [Theory]
    [InlineData("0-1")]
    [InlineData("nonsense")]
    public async Task A_reader_with_an_id_of_another_stream_starts_over(string id)
    {
        await using var serving = await Serving.StartAsync(api: Quick);
        await using var events = await Reader.OpenAsync(serving, id);

        await events.AnyAsync();

        Assert.Equal("state", events.Kinds[0]);
    }

    [Fact]
    public void A_slow_reader_uses_no_extra_memory_and_is_told_how_much_it_missed()
    {
        var log = new Http.Events.EventLog(16, long.MaxValue, TimeProvider.System);
        for (var i = 1; i <= 100; i++)
            log.Add("n", json => json.WriteNumber("n", i));

        var next = log.FindNext(10, out var missed, out _);
        var last = log.FindNext(99, out var none, out _);
        var nothing = log.FindNext(100, out _, out var more);

        Assert.Equal((85, 74), (next!.Number, missed));
        Assert.Equal((100, 0), (last!.Number, none));
        Assert.Null(nothing);
        Assert.False(more.IsCompleted);
        log.Add("n", _ => { });
        Assert.True(more.IsCompleted);
    }

    [Fact]
    public async Task A_reader_that_reads_nothing_blocks_no_one_else()
    {
        await using var serving = await Serving.StartAsync(
            api: Quick with
            {
                SampleEvery = TimeSpan.FromMilliseconds(1),
                MaxEventsKept = 16,
            }
        );
        await Serving.OkAsync(await serving.OfferAsync("1"));
        using var stuck = await serving.Client.GetAsync("/v1/events", HttpCompletionOption.ResponseHeadersRead);

        await using var events = await Reader.OpenAsync(serving);
        for (var i = 0; i < 100; i++)
            await events.NextAsync("rates");
        await Serving.OkAsync(await serving.OfferAsync("2"));
        await events.NextAsync("rates", e => e.Number("buffered") == 2);
    }

    [Fact]
    public async Task The_number_of_readers_is_bounded()
    {
        await using var serving = await Serving.StartAsync(api: Quick with { MaxEventReaders = 1 });
        await using (var events = await Reader.OpenAsync(serving))
        {
            await events.AnyAsync();
            await Serving.ProblemAsync(await serving.Client.GetAsync("/v1/events"), 503, "too-many-readers");
        }
        await Within.ReachAsync(async () =>
        {
            using var reply = await serving.Client.GetAsync("/v1/events", HttpCompletionOption.ResponseHeadersRead);
            return reply.StatusCode == HttpStatusCode.OK;
        });
    }

    static long NumberOf(string id) => long.Parse(id.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture);

    sealed class Reader : IAsyncDisposable
    {
        readonly HttpResponseMessage reply;
        readonly IAsyncEnumerator<SseItem<string>> items;
        readonly CancellationTokenSource patience = new(Serving.Patience);

        Reader(HttpResponseMessage reply, Stream stream)
        {
            this.reply = reply;
            items = SseParser.Create(stream).EnumerateAsync(patience.Token).GetAsyncEnumerator(patience.Token);
        }

        public List<string> Kinds { get; } = [];

        public string? FirstId { get; private set; }

        public string? LastId { get; private set; }

        public static async Task<Reader> OpenAsync(Serving serving, string? lastId = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events");
            if (lastId is not null)
                request.Headers.Add("Last-Event-ID", lastId);
            var reply = await serving.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal("text/event-stream", reply.Content.Headers.ContentType?.MediaType);
            return new(reply, await reply.Content.ReadAsStreamAsync());
        }

        public async Task<JsonElement> AnyAsync()
        {
            Assert.True(await items.MoveNextAsync());
            Kinds.Add(items.Current.EventType);
            LastId = items.Current.EventId;
            FirstId ??= LastId;
            using var document = JsonDocument.Parse(items.Current.Data);
            return document.RootElement.Clone();
        }

        public async Task<JsonElement> NextAsync(string kind, Func<JsonElement, bool>? isMeant = null)
        {
            while (true)
            {
                var data = await AnyAsync();
                if (Kinds[^1] == kind && isMeant?.Invoke(data) != false)
                    return data;
            }
        }

        public async ValueTask DisposeAsync()
        {
            reply.Dispose();
            await patience.CancelAsync();
            patience.Dispose();
        }
    }
}
