// An endpoint that takes orders into a bounded buffer and replies 429 in time, and a consumer that writes them to
// SQLite. The program then plays its own client.
using System.Net.Http.Json;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Hosting;
using ConveyorActors.Hosting.Consuming;
using Microsoft.Data.Sqlite;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Logging.ClearProviders();
builder.Services.AddConveyor(options =>
    options.Pipelines["orders"] = new() { MaxPerStage = 3, BackpressureThreshold = 1 }
);
builder.Services.AddBufferConsumer<OrderWriter>("orders", "store");
builder.Services.AddHealthChecks().AddConveyor();
builder.Services.AddSingleton(_ => Database.Open());

var app = builder.Build();
app.MapHealthChecks("/health");
app.MapPost(
    "/orders",
    async (
        Order order,
        HttpResponse response,
        [FromKeyedServices("orders")] IBufferProducer orders,
        CancellationToken cancelled
    ) =>
    {
        var offer = await orders.BufferForStageAsync(
            "orders",
            "store",
            source: "web",
            new ConveyorRecord(order.Id, order.ToBytes()),
            cancellationToken: cancelled
        );
        if (offer.IsAccepted)
            return Results.Accepted();
        if (offer.Status == OfferStatus.Draining)
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        response.Headers.RetryAfter = "1";
        return Results.StatusCode(StatusCodes.Status429TooManyRequests);
    }
);
await app.StartAsync();

// The client. An operator holds the stage for a moment, as if the database were slow: the buffer fills, and the client
// is told to wait.
using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
var buffers = app.Services.GetRequiredService<IBufferService>();
await buffers.PauseAsync("orders", HoldTarget.Stage, "store");
for (var i = 1; i <= 5; i++)
    await SendAsync(i);
await buffers.ResumeAsync("orders", HoldTarget.Stage, "store");
while ((await buffers.GetSnapshotAsync("orders")).Total.Pending > 0)
    await Task.Delay(10);
await SendAsync(4);
Console.WriteLine($"health: {await client.GetStringAsync("/health")}");

await app.StopAsync(); // lets the consumer finish
Console.WriteLine($"rows in the database: {app.Services.GetRequiredService<Database>().Count()}");
await app.DisposeAsync();

async Task SendAsync(int number)
{
    using var reply = await client.PostAsJsonAsync("/orders", new Order($"order-{number}", number * 10));
    Console.WriteLine(
        $"order-{number}: {(int)reply.StatusCode}{(reply.Headers.RetryAfter is { } after ? $", again in {after} s" : "")}"
    );
}

/// <summary>An order, as the client sends it.</summary>
sealed record Order(string Id, decimal Price)
{
    public byte[] ToBytes() => System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(this);
}

/// <summary>Writes a lease of orders in one transaction.</summary>
sealed class OrderWriter(Database database) : BufferBatchConsumer
{
    protected override ValueTask HandleAsync(ConsumerBatch batch, CancellationToken cancellationToken)
    {
        database.Insert(batch.Records.Select(record => record.Record));
        return default;
    }
}

/// <summary>
/// A table of orders. An order that comes twice is written once: records are delivered at least once.
/// </summary>
sealed class Database(SqliteConnection connection) : IDisposable
{
    public static Database Open()
    {
        var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        using var create = new SqliteCommand("CREATE TABLE orders (id TEXT PRIMARY KEY, json BLOB)", connection);
        create.ExecuteNonQuery();
        return new(connection);
    }

    public void Insert(IEnumerable<ConveyorRecord> records)
    {
        using var transaction = connection.BeginTransaction();
        foreach (var record in records)
        {
            using var insert = new SqliteCommand(
                "INSERT OR IGNORE INTO orders VALUES ($id, $json)",
                connection,
                transaction
            );
            insert.Parameters.AddWithValue("$id", record.Id);
            insert.Parameters.AddWithValue("$json", record.Payload.ToArray());
            insert.ExecuteNonQuery();
        }
        transaction.Commit();
    }

    public long Count() => (long)new SqliteCommand("SELECT COUNT(*) FROM orders", connection).ExecuteScalar()!;

    public void Dispose() => connection.Dispose();
}
