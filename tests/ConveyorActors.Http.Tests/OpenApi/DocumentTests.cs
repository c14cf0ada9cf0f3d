using ConveyorActors.Http.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace ConveyorActors.Http.Tests.OpenApi;

/// <summary>The document as a whole.</summary>
public sealed class DocumentTests
{
    [Fact]
    public async Task The_document_is_valid_OpenAPI_and_the_same_each_time()
    {
        await using var serving = await Serving.StartAsync();

        var text = await serving.Client.GetStringAsync("/openapi/v1.json");

        var read = OpenApiDocument.Parse(text, "json");
        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic.SpecificationVersion);
        // A request with a key is not replied to with what is kept for others.
        using var again = new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json")
        {
            Headers = { Authorization = new("Bearer", "any") },
        };
        using var reply = await serving.Client.SendAsync(again);
        Assert.Null(reply.Headers.Age);
        Assert.Equal(text, await reply.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_document_is_built_once_for_all_who_ask_for_it()
    {
        await using var serving = await Serving.StartAsync();
        var text = await serving.Client.GetStringAsync("/openapi/v1.json");

        foreach (var path in (string[])["/openapi/v1.json", "/openapi/v1.json?a=1", "/openapi/v1.json?a=2&b"])
        {
            using var reply = await serving.Client.GetAsync(path);
            Assert.NotNull(reply.Headers.Age);
            Assert.Equal(text, await reply.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task The_document_is_that_of_the_host_that_was_asked()
    {
        await using var serving = await Serving.StartAsync();
        var other = new UriBuilder(serving.Server.Address) { Host = "localhost" }.Uri;

        var text = await serving.Client.GetStringAsync("/openapi/v1.json");

        Assert.Contains($"\"{serving.Server.Address}\"", text, StringComparison.Ordinal);
        Assert.Equal(
            text.Replace(serving.Server.Address.ToString(), other.ToString(), StringComparison.Ordinal),
            await serving.Client.GetStringAsync(new Uri(other, "/openapi/v1.json"))
        );
    }

    [Fact]
    public async Task Every_reference_leads_to_a_schema_and_every_schema_is_used()
    {
        await using var serving = await Serving.StartAsync();
        var api = await DescribedApi.ReadAsync(serving.Client);

        var used = FindReferences(api.Document).Order(StringComparer.Ordinal).Distinct();

        Assert.Equal(
            api.Document.GetProperty("components")
                .GetProperty("schemas")
                .EnumerateObject()
                .Select(s => $"#/components/schemas/{s.Name}")
                .Order(StringComparer.Ordinal),
            used
        );
    }

    [Fact]
    public async Task Every_route_has_an_operation_and_every_operation_has_a_route()
    {
        await using var service = new EmbeddedBufferService();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddOpenApi();
        await using var app = builder.Build();
        app.MapConveyor(service);
        var routes = ((IEndpointRouteBuilder)app)
            .DataSources.SelectMany(s => s.Endpoints)
            .OfType<RouteEndpoint>()
            .Select(e =>
                $"{e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Single()} {e.RoutePattern.RawText}"
            )
            .Order(StringComparer.Ordinal)
            .ToArray();
        app.MapOpenApi();
        await app.StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new(app.Urls.First()),
        };

        var api = await DescribedApi.ReadAsync(client);

        Assert.True(routes.Length > 20);
        Assert.Equal(routes, api.Operations.Select(o => $"{o.Method} {o.Path}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_operation_parameter_and_member_is_described()
    {
        await using var serving = await Serving.StartAsync();
        var api = await DescribedApi.ReadAsync(serving.Client);

        foreach (var operation in api.Operations)
        {
            Assert.NotEmpty(operation.Description.Text("summary")!);
            Assert.NotEmpty(operation.Responses.GetProperty("200").GetProperty("content").EnumerateObject());
            foreach (var place in (string[])["path", "query", "header"])
            foreach (var parameter in operation.Parameters(place))
                Assert.NotEmpty(parameter.Text("description")!);
            Assert.Equal(
                System
                    .Text.RegularExpressions.Regex.Matches(operation.Path, "{([a-z]+)}")
                    .Select(m => m.Groups[1].Value),
                operation.Parameters("path").Select(p => p.Text("name")!)
            );
            foreach (
                var response in operation
                    .Responses.EnumerateObject()
                    .Where(r => r.Name[0] >= '4' && operation.Path != ConveyorServer.ReadyPath)
            )
                Assert.Equal(
                    "#/components/schemas/Problem",
                    response
                        .Value.GetProperty("content")
                        .GetProperty("application/problem+json")
                        .GetProperty("schema")
                        .Text("$ref")
                );
        }
        foreach (var schema in api.Document.GetProperty("components").GetProperty("schemas").EnumerateObject())
        foreach (var member in schema.Value.GetProperty("properties").EnumerateObject())
            Assert.True(member.Value.TryGetProperty("description", out _), $"{schema.Name}.{member.Name}");
        Assert.Equal(api.Operations.Count, api.Operations.Select(o => o.Id).Distinct().Count());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("0123456789abcdef")]
    public async Task The_key_is_described_as_the_server_takes_it(string? key)
    {
        await using var serving = await Serving.StartAsync(change: o => o with { ApiKey = key });
        var api = await DescribedApi.ReadAsync(serving.Client);
        var schemes = api.Document.GetProperty("components").GetProperty("securitySchemes");

        foreach (var operation in api.Operations)
        {
            var isOpen = operation.Path is ConveyorServer.HealthPath or ConveyorServer.ReadyPath;
            Assert.Equal(key is not null && !isOpen, operation.Responses.TryGetProperty("401", out _));
            Assert.Equal(isOpen, operation.Description.TryGetProperty("security", out _));
        }
        Assert.Equal(
            key is null ? ["", "bearer", "apiKey"] : ["bearer", "apiKey"],
            api.Document.Items("security")
                .Select(r =>
                    r.EnumerateObject().SingleOrDefault().Value.ValueKind == JsonValueKind.Array
                        ? r.EnumerateObject().Single().Name
                        : ""
                )
        );
        if (key is null)
            return;
        await api.CheckAsync(await serving.Client.GetAsync("/v1/pipelines"));
        foreach (var scheme in schemes.EnumerateObject())
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/pipelines");
            if (scheme.Value.Text("type") == "apiKey")
                request.Headers.Add(scheme.Value.Text("name")!, key);
            else
                request.Headers.Add("Authorization", $"{scheme.Value.Text("scheme")} {key}");
            await Serving.OkAsync(await serving.Client.SendAsync(request));
        }
    }

    static IEnumerable<string> FindReferences(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Object => element
                .EnumerateObject()
                .SelectMany(m => m.Name == "$ref" ? [m.Value.GetString()!] : FindReferences(m.Value)),
            JsonValueKind.Array => element.EnumerateArray().SelectMany(FindReferences),
            _ => [],
        };
}
