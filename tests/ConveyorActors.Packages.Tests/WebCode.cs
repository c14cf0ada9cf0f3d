namespace ConveyorActors.Packages.Tests;

/// <summary>The code of docs/Hosting.md and docs/Http.md, made into one program of a web project.</summary>
static class WebCode
{
    const string Builder = "HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);";

    /// <summary>
    /// Returns a program that runs a host with the buffers and an order consumer, then an application that maps the
    /// API, and prints what both reply to a client.
    /// </summary>
    public static string Program(string hosting, string http)
    {
        var blocks = ReadmeCode.Blocks(hosting, "csharp").ToList();
        var usings = blocks[0];
        var host = blocks.First(block => block.Contains(Builder, StringComparison.Ordinal));
        var intake = blocks.Single(block => block.Contains("class OrderIntake", StringComparison.Ordinal));
        var writer = blocks.Single(block => block.Contains("class OrderWriter", StringComparison.Ordinal));
        var map = ReadmeCode
            .Blocks(http, "csharp")
            .First(block => block.Contains("MapConveyor", StringComparison.Ordinal));
        var (path, type, body, _) = FirstExchange(http);
        return $$"""
            using System.Text;
            using ConveyorActors.Http;
            {{usings}}

            {
            {{host.Replace(Builder, "var builder = WebApplication.CreateBuilder(args);", StringComparison.Ordinal)}}
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Services.AddSingleton<ConcurrentQueue<string>>().AddSingleton<OrderIntake>();
            await using var app = builder.Build();
            app.MapHealthChecks("/health");
            app.MapPost("/orders/{id}", async (string id, OrderIntake intake, CancellationToken cancelled) =>
                Results.StatusCode(await intake.TakeAsync(new ConveyorRecord(id, "{}"u8.ToArray()), cancelled) ? 202 : 429));
            await app.StartAsync();
            await ShowAsync(app, "POST", "/orders/order-1");
            var table = app.Services.GetRequiredService<ConcurrentQueue<string>>();
            for (var i = 0; table.IsEmpty && i < 3_000; i++)
                await Task.Delay(10);
            Console.WriteLine($"written: {string.Join(' ', table)}");
            await ShowAsync(app, "GET", "/health");
            await app.StopAsync();
            }
            {
            await using var service = new EmbeddedBufferService();
            {{map}}
            await ShowAsync(app, "POST", "{{path}}", {{Literal(body)}}, "{{type}}");
            await ShowAsync(app, "POST", "{{Below(path)}}", {{Literal(body)}}, "{{type}}");
            await app.StopAsync();
            }

            static async Task ShowAsync(WebApplication app, string method, string path, string? body = null, string? type = null)
            {
                using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new(app.Urls.First()) };
                using var request = new HttpRequestMessage(new(method), path);
                if (body is not null)
                    request.Content = new StringContent(body, Encoding.UTF8, type!);
                using var reply = await client.SendAsync(request);
                Console.WriteLine($"{method} {path}: {(int)reply.StatusCode} {await reply.Content.ReadAsStringAsync()}".TrimEnd());
            }

            {{intake}}

            {{writer}}
            """;
    }

    /// <summary>
    /// Returns what the program prints for the first exchange of docs/Http.md, and for the same with another pipeline
    /// of the API that is mapped below a path.
    /// </summary>
    public static string Exchanges(string http)
    {
        var (path, _, _, reply) = FirstExchange(http);
        return $"POST {path}: 200 {reply}\nPOST {Below(path)}: 200 {reply}";
    }

    static string Below(string path) =>
        "/buffers" + path.Replace("/orders/", "/more-orders/", StringComparison.Ordinal);

    static (string Path, string Type, string Body, string Reply) FirstExchange(string http)
    {
        var request = ReadmeCode.Blocks(http, "http").First();
        var lines = request.Split('\n');
        return (
            lines[0].Split(' ')[1],
            lines[1]["Content-Type: ".Length..],
            request[(request.IndexOf("\n\n", StringComparison.Ordinal) + 2)..],
            ReadmeCode.Blocks(http, "json").First()
        );
    }

    static string Literal(string text) =>
        $"\"{text.Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
}
