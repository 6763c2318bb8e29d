<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
	pci.xsl - PCI host devices: <hostdev type='pci'>, and <interface type='hostdev'>
	where one is there already.
-->
<xsl:stylesheet version="1.0"
	xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
	xmlns:p="urn:virt-claim:plan:1"
	xmlns:vc="urn:virt-claim:domain:1"
	exclude-result-prefixes="p vc">

	<xsl:template match="p:device[@kind = 'pci'][@write = 'yes']" mode="vc:attributes">
		<xsl:param name="in" select="/.."/>
		<xsl:choose>
			<xsl:when test="$in/self::interface">
				<xsl:copy-of select="$in/@*"/>
			</xsl:when>
			<xsl:otherwise>
				<xsl:variable name="same" select="$in/@type = 'pci'"/>
				<xsl:copy-of select="$in/@*[name() != 'model'
					and ($same or (name() != 'display' and name() != 'ramfb'))]"/>
				<xsl:attribute name="mode">subsystem</xsl:attribute>
				<xsl:attribute name="type">pci</xsl:attribute>
			</xsl:otherwise>
		</xsl:choose>
		<xsl:copy-of select="@managed | @display | @ramfb"/>
	</xsl:template>

	<xsl:template match="p:device[@kind = 'pci'][@write = 'yes']" mode="vc:driver">
		<xsl:param name="in" select="/.."/>
		<xsl:param name="old" select="/.."/>
		<xsl:param name="space"/>
		<xsl:if test="$old or not($in/self::interface)">
			<xsl:value-of select="$space"/>
			<driver>
				<xsl:if test="not($in/self::interface)">
					<xsl:attribute name="name">vfio</xsl:attribute>
				</xsl:if>
				<xsl:copy-of select="$old/@* | $old/node()"/>
			</driver>
		</xsl:if>
	</xsl:template>

	<!-- In place only the host address changes; anything else of <source> stays. -->
	<xsl:template match="p:device[@kind = 'pci'][@write = 'yes']" mode="vc:source">
		<xsl:param name="in" select="/.."/>
		<xsl:param name="old" select="/.."/>
		<xsl:param name="space"/>
		<xsl:variable name="pci" select="p:pci"/>
		<xsl:value-of select="$space"/>
		<xsl:choose>
			<xsl:when test="$old/address and ($in/@type = 'pci' or $in/self::interface)">
				<source>
					<xsl:copy-of select="$old/@*"/>
					<xsl:for-each select="$old/node()">
						<xsl:choose>
							<xsl:when test="self::address">
								<address>
									<xsl:copy-of select="@*"/>
									<xsl:copy-of select="$pci/@*"/>
									<xsl:copy-of select="node()"/>
								</address>
							</xsl:when>
							<xsl:otherwise>
								<xsl:copy-of select="."/>
							</xsl:otherwise>
						</xsl:choose>
					</xsl:for-each>
				</source>
			</xsl:when>
			<xsl:otherwise>
				<source>
					<xsl:if test="$space != ''">
						<xsl:value-of select="concat($space, $vc:unit)"/>
					</xsl:if>
					<address>
						<xsl:if test="$in/self::interface">
							<xsl:attribute name="type">pci</xsl:attribute>
						</xsl:if>
						<xsl:copy-of select="$pci/@*"/>
					</address>
					<xsl:value-of select="$space"/>
				</source>
			</xsl:otherwise>
		</xsl:choose>
	</xsl:template>

	<!-- The address of a vfio-ccw device means nothing for PCI. -->
	<xsl:template match="p:device[@kind = 'pci'][@write = 'yes'][not(p:address)]"
		mode="vc:address">
		<xsl:param name="in" select="/.."/>
		<xsl:param name="old" select="/.."/>
		<xsl:param name="space"/>
		<xsl:if test="$old[not(@type = 'ccw')]">
			<xsl:value-of select="$space"/>
			<xsl:copy-of select="$old"/>
		</xsl:if>
	</xsl:template>
</xsl:stylesheet>
