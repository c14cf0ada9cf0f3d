using System.Reflection;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Http.Server;

namespace ConveyorActors.Http.Tests.Faults;

/// <summary>Buffers that fail, or are on another machine that does not reply.</summary>
public sealed class LostNodeTests
{
    public static TheoryData<Exception, int, string> Failures() =>
        new()
        {
            { new LostException(mayHaveTakenEffect: true), 504, "outcome-unknown" },
            { new NoReplyException("there was no reply within 10 s"), 504, "outcome-unknown" },
            { new LostException(mayHaveTakenEffect: false), 503, "unavailable" },
            { new TimeoutException("no node has the pipeline; nothing was done"), 503, "unavailable" },
        };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task An_offer_without_a_reply_is_reported_with_the_records_accepted_before_it(
        Exception failure,
        int status,
        string kind
    )
    {
        await using var server = await LostServer.StartAsync(failure, failing: 2);
        // The first thousand records are a batch of their own.
        var body = string.Concat(Enumerable.Range(1, 1_500).Select(n => $"{n}\n"));

        var problem = await Serving.ProblemAsync(await server.OfferAsync(body), status, kind);

        Assert.Equal(1_000, problem.Number("accepted"));
        Assert.Equal(1_000, problem.Number("consumed"));
    }

    [Fact]
    public async Task A_service_that_is_disposed_within_a_body_is_reported_with_the_records_accepted_before_it()
    {
        await using var server = await LostServer.StartAsync(new ObjectDisposedException("the buffers"), failing: 2);
        var body = string.Concat(Enumerable.Range(1, 1_500).Select(n => $"{n}\n"));

        var problem = await Serving.ProblemAsync(await server.OfferAsync(body), 503, "stopping");

        Assert.Equal(1_000, problem.Number("accepted"));
    }

    [Fact]
    public async Task A_store_that_cannot_be_opened_is_reported_with_the_records_accepted_before_it()
    {
        await using var server = await LostServer.StartAsync(new StoreException("it cannot be opened"), failing: 1);

        var problem = await Serving.ProblemAsync(await server.OfferAsync("1\n"), 507, "store-failing");

        Assert.Equal(0, problem.Number("accepted"));
    }

    [Fact]
    public async Task A_settlement_without_a_reply_is_reported_as_one_whose_outcome_is_not_known()
    {
        await using var server = await LostServer.StartAsync(new LostException(mayHaveTakenEffect: true), failing: 2);
        await Serving.OkAsync(await server.OfferAsync("1\n"));
        var lease = await Serving.OkAsync(
            await server.Client.PostAsync("/v1/pipelines/orders/stages/parse/leases", Serving.Json("{}"))
        );

        await Serving.ProblemAsync(
            await server.Client.PostAsync($"/v1/leases/{lease.Text("leaseId")}/complete", null),
            504,
            "outcome-unknown"
        );
    }

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public async Task A_command_without_a_reply_is_reported_as_one_whose_outcome_is_not_known(
        Exception failure,
        int status,
        string kind
    )
    {
        await using var server = await LostServer.StartAsync(failure, failing: 2);
        await Serving.OkAsync(await server.OfferAsync("1\n"));

        var problem = await Serving.ProblemAsync(
            await server.Client.PostAsync(
                "/v1/pipelines/orders/pause",
                Serving.Json("""{"target":"source","name":"web"}""")
            ),
            status,
            kind
        );

        Assert.Contains(failure.Message.TrimEnd('.'), problem.Text("detail"));
    }

    sealed class LostException(bool mayHaveTakenEffect) : BufferUnavailableException("the node does not reply")
    {
        public override bool MayHaveTakenEffect => mayHaveTakenEffect;
    }

    sealed class LostServer : IAsyncDisposable
    {
        readonly EmbeddedBufferService service = new();
        ConveyorServer server = null!;

        public HttpClient Client { get; private set; } = null!;

        /// <param name="failure">The exception that calls fail with.</param>
        /// <param name="failing">The number of the first call, among offers, settlements and holds, that fails.</param>
        public static async Task<LostServer> StartAsync(Exception failure, int failing)
        {
            var started = new LostServer();
            var lost = DispatchProxy.Create<IBufferService, LostCalls>();
            var calls = (LostCalls)(object)lost;
            (calls.Service, calls.Failure, calls.Left) = (started.service, failure, failing - 1);
            started.server = await ConveyorServer.StartAsync(
                lost,
                new ConveyorServerOptions { Listen = new(System.Net.IPAddress.Loopback, 0) }
            );
            started.Client = new() { BaseAddress = started.server.Address, Timeout = Serving.Patience };
            return started;
        }

        public Task<HttpResponseMessage> OfferAsync(string body) =>
            Client.PostAsync(
                "/v1/pipelines/orders/stages/parse/records?source=web",
                new StringContent(body, System.Text.Encoding.UTF8, Serving.JsonLines)
            );

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await server.StopAsync(soon.Token);
            await server.DisposeAsync();
            await service.DisposeAsync();
        }
    }

    /// <summary>Passes calls on, and fails offers, settlements and holds from a given one on.</summary>
    public class LostCalls : DispatchProxy
    {
        public IBufferService Service { get; set; } = null!;

        public Exception Failure { get; set; } = null!;

        /// <summary>Gets or sets the number of offers, settlements and holds that are still passed on.</summary>
        public int Left { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name is "BufferBatchForStageAsync" or "CompleteAsync" or "PauseAsync" && Left-- <= 0)
                throw Failure;
            return targetMethod.Invoke(Service, args);
        }
    }
}
