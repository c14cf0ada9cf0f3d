using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>A running <c>conveyor serve</c>, and a client of it.</summary>
sealed partial class Served : IDisposable
{
    Served(Conveyor process, Uri address)
    {
        (Process, Address) = (process, address);
        Client = new(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    public Conveyor Process { get; }

    public Uri Address { get; }

    public HttpClient Client { get; }

    /// <summary>Starts a server on any free port, and waits until it is ready.</summary>
    public static Task<Served> StartAsync(string folder, params string[] arguments) =>
        StartAsync(folder, [], arguments);

    public static async Task<Served> StartAsync(
        string folder,
        IEnumerable<(string Name, string Value)> environment,
        params string[] arguments
    )
    {
        var process = Conveyor.Start(
            folder,
            withInput: false,
            environment,
            ["serve", .. arguments.Contains("--listen") ? (string[])[] : ["--listen", "127.0.0.1:0"], .. arguments]
        );
        try
        {
            var said = await process.SaysAsync(Listening(), 1);
            var served = new Served(process, new(said));
            while (!(await served.Client.GetAsync("/readyz")).IsSuccessStatusCode)
                await Task.Delay(TimeSpan.FromMilliseconds(5));
            return served;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    public async Task<JsonElement> OfferAsync(string body, string query = "source=web", string type = "text/plain")
    {
        var content = new StringContent(body, Encoding.UTF8, type);
        return await OkAsync(await Client.PostAsync($"/v1/pipelines/orders/stages/parse/records?{query}", content));
    }

    public async Task<JsonElement> PostAsync(string path, string json = "") =>
        await OkAsync(await Client.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json")));

    public static async Task<JsonElement> OkAsync(HttpResponseMessage reply)
    {
        var text = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.IsSuccessStatusCode, $"{(int)reply.StatusCode}: {text}");
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    public void Dispose()
    {
        Client.Dispose();
        Process.Dispose();
    }

    [GeneratedRegex(@"listening on (\S+)\n")]
    private static partial Regex Listening();
}
